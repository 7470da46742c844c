// The result of an action, or why it failed.
import type { Failure } from "../../api.ts";
import { Message } from "../../components/message.tsx";
import { useTexts } from "../../language.ts";
import { consoleFailure } from "../failures.ts";
import { useConsoleTexts } from "../texts.ts";

export function Outcome({ failure, done, id }: { failure: Failure | undefined; done?: string | undefined; id?: string }) {
  const t = useTexts();
  const c = useConsoleTexts();
  if (failure !== undefined) {
    return (
      <Message kind="error" {...(id !== undefined && { id })}>
        {consoleFailure(t, c, failure)}
      </Message>
    );
  }
  return done === undefined ? null : <Message kind="done">{done}</Message>;
}
