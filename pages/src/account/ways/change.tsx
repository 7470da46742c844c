// A change of the ways to sign in, and the line that says how it went.
import { useState } from "preact/hooks";
import { useAsk } from "../../components/questions.tsx";
import type { Question } from "../../components/questions.tsx";
import { useAction } from "../../action.ts";
import type { Action } from "../../action.ts";
import type { Result } from "../../api.ts";
import { Message } from "../../components/message.tsx";
import { failureText } from "../../failures.ts";
import { useTexts } from "../../language.ts";

interface ChangeSteps<T> {
  question?: Question;
  request: () => Promise<Result<T>>;
  onDone: (value: T) => void;
}

/** A change that the user starts with a button. */
export function useChange<T>({ question, request, onDone }: ChangeSteps<T>): Action {
  const ask = useAsk();
  return useAction({ ...(question && { ask: () => ask(question) }), request, onDone });
}

/** The last result of a part of the card. */
export function useDone(): [string | undefined, (text: string | undefined) => void] {
  return useState<string>();
}

export function Outcome({ actions, done }: { actions: Action[]; done: string | undefined }) {
  const t = useTexts();
  const failure = actions.find((action) => action.failure !== undefined)?.failure;
  if (failure !== undefined) return <Message kind="error">{failureText(t, failure)}</Message>;
  if (done === undefined || actions.some((action) => action.isBusy)) return null;
  return <Message kind="done">{done}</Message>;
}
