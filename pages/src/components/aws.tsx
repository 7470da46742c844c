// The view of an AWS device flow: the code to compare, the link to AWS, and the wait for the user's approval.
import { useEffect, useState } from "preact/hooks";
import type { Failure, Result } from "../api.ts";
import { startDeviceFlow, untilApproved } from "../device_flow.ts";
import type { DeviceFlow, Handles } from "../device_flow.ts";
import { failureText } from "../failures.ts";
import { useTexts } from "../language.ts";
import { safeUrl } from "../navigation.ts";
import { Button } from "./button.tsx";
import { Message } from "./message.tsx";
import { Spinner } from "./spinner.tsx";

interface AwsProps<T> {
  /** The name under which the service is registered at AWS. */
  application: string;
  /** Asks the service for the result of the device flow. */
  send: (handles: Handles, signal: AbortSignal) => Promise<Result<T>>;
  onDone: (value: T) => void;
  onCancel: () => void;
}

export function Aws<T>({ application, send, onDone, onCancel }: AwsProps<T>) {
  const t = useTexts();
  const [flow, setFlow] = useState<DeviceFlow>();
  const [failure, setFailure] = useState<Failure>();
  const [attempt, setAttempt] = useState(1);
  useEffect(() => {
    const { signal, abort } = cancellation();
    const run = async () => {
      const started = await startDeviceFlow();
      if (signal.aborted) return;
      if (started.failure !== undefined) return setFailure(started.failure);
      setFlow(started.value);
      const { handles } = started.value;
      const result = await untilApproved((signal) => send(handles, signal), signal);
      if (result === undefined) return;
      if (result.failure !== undefined) setFailure(result.failure);
      else onDone(result.value);
    };
    setFlow(undefined);
    setFailure(undefined);
    void run();
    return abort;
  }, [attempt]);
  const url = safeUrl(flow?.url ?? null);
  if (failure !== undefined) {
    return (
      <>
        <Message kind="error">{failureText(t, failure)}</Message>
        <div class="actions">
          <Button kind="primary" onClick={() => setAttempt(attempt + 1)}>
            {t.retry}
          </Button>
          <Button kind="secondary" onClick={onCancel}>
            {t.cancel}
          </Button>
        </div>
      </>
    );
  }
  return (
    <>
      <Message kind="lead">{t.aws.lead}</Message>
      <dl class="facts compare">
        <div>
          <dt>{t.aws.code}</dt>
          <dd class="code">{flow?.userCode ?? "\u00a0"}</dd>
        </div>
        <div>
          <dt>{t.aws.application}</dt>
          <dd>{application}</dd>
        </div>
      </dl>
      {url === undefined ? (
        <span class="button primary" aria-disabled="true">
          {t.aws.open}
        </span>
      ) : (
        <a class="button primary" href={url} target="_blank" rel="noopener noreferrer">
          {t.aws.open} <span class="hidden">{t.aws.opensTab}</span>
        </a>
      )}
      <p class="waiting" role="status">
        <Spinner />
        <span>{flow === undefined ? t.aws.starting : `${t.aws.waiting} ${t.aws.keepOpen}`}</span>
      </p>
      <Button kind="secondary" onClick={onCancel}>
        {t.cancel}
      </Button>
    </>
  );
}

function cancellation() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
