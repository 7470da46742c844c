// The verification of the audit log, part by part, with its progress and with every failure that it finds.
import { useRef, useState } from "preact/hooks";
import { useAction } from "../../action.ts";
import type { Result } from "../../api.ts";
import { Button } from "../../components/button.tsx";
import { Message } from "../../components/message.tsx";
import { verifyAudit } from "../client.ts";
import { Outcome } from "../components/outcome.tsx";
import type { Verification } from "../contract.ts";
import { isId, userLink } from "../route.ts";
import { useConsoleTexts } from "../texts.ts";
import { patiently } from "../work.ts";

/** A part that fails verification. */
interface Failure {
  violation: NonNullable<Verification["failure"]>;
  object: Verification["failed_object"];
}

/** The sum of all parts. */
interface Verified {
  rows: number;
  users: number;
  /** The last part that was verified. */
  last: Verification;
  failures: Failure[];
  userChanges: Verification["user_changes"];
}

export function Verify() {
  const { audit } = useConsoleTexts();
  const [progress, setProgress] = useState<Verified>();
  const [result, setResult] = useState<Verified>();
  const isStopped = useRef(false);
  const action = useAction({
    request: () => {
      isStopped.current = false;
      setProgress(undefined);
      setResult(undefined);
      return verifyAll(setProgress, () => isStopped.current);
    },
    onDone: (verified) => verified !== undefined && setResult(verified),
  });
  return (
    <div class="change">
      <div class="tools">
        <Button kind="secondary" isBusy={action.isBusy} onClick={action.run}>
          {audit.verify}
        </Button>
        {action.isBusy && (
          <Button kind="secondary" onClick={() => (isStopped.current = true)}>
            {audit.stop}
          </Button>
        )}
      </div>
      <p class="hint" role="status">
        {action.isBusy && audit.verifying(progress?.rows ?? 0, progress?.users ?? 0)}
      </p>
      <Outcome failure={action.failure} />
      {result && <VerificationResult verified={result} />}
    </div>
  );
}

async function verifyAll(onProgress: (verified: Verified) => void, isStopped: () => boolean): Promise<Result<Verified | undefined>> {
  let verified: Verified | undefined;
  for (let next: string | null = "0"; next !== null; ) {
    if (isStopped()) return { value: undefined };
    const after: string = next;
    const part: Result<Verification> = await patiently(() => verifyAudit(after));
    if (part.failure !== undefined) return part;
    const { value } = part;
    verified = {
      rows: (verified?.rows ?? 0) + value.rows,
      users: (verified?.users ?? 0) + value.users,
      last: value,
      failures: [...(verified?.failures ?? []), ...failuresOf(value)],
      userChanges: [...(verified?.userChanges ?? []), ...value.user_changes],
    };
    onProgress(verified);
    next = value.next;
  }
  return { value: verified };
}

function failuresOf({ failure, failed_object }: Verification): Failure[] {
  return failure === null ? [] : [{ violation: failure, object: failed_object }];
}

function VerificationResult({ verified }: { verified: Verified }) {
  const { audit, users } = useConsoleTexts();
  const { failures, userChanges, last } = verified;
  const fields = { role: users.role, status: users.state };
  const isIntact = failures.length === 0 && userChanges.length === 0 && last.schema_changes.length === 0;
  return (
    <>
      <Message kind={isIntact ? "done" : "error"}>{isIntact ? audit.verified(verified.rows, verified.users) : audit.violations}</Message>
      {!isIntact && (
        <ul class="violations">
          {failures.map(({ violation: { number, reason }, object }) => (
            <li key={number}>
              {audit.violation(number, reason)}
              {object !== null && <> · {audit.failedObject(object)}</>}
            </li>
          ))}
          {last.schema_changes.map(({ name, difference }) => (
            <li key={name}>{audit.schemaChange(name, difference)}</li>
          ))}
          {userChanges.map(({ user, field }) => (
            <li key={`${user} ${field}`}>
              {isId(user) ? <a href={userLink(user)}>{audit.userChange(fields[field])}</a> : audit.userChange(fields[field])}
            </li>
          ))}
        </ul>
      )}
      {last.rows_after_checkpoint > 0 && <p class="hint">{audit.afterCheckpoint(last.rows_after_checkpoint)}</p>}
    </>
  );
}
