// The factors of the signed-in user. Password managers are told which passkeys still exist.
import { useEffect, useState } from "preact/hooks";
import { useSend } from "../account/step_up.tsx";
import type { Result, User } from "../api.ts";
import { signalAccepted } from "../passkeys/signals.ts";
import { loadFactors } from "./client.ts";
import type { Factors } from "./client.ts";

/** Undefined while they are loaded for the first time. */
export function useFactors(user: User | undefined): [Result<Factors> | undefined, reload: () => void] {
  const send = useSend();
  const [loaded, setLoaded] = useState<Result<Factors>>();
  const reload = () => {
    void send(loadFactors).then((result) => {
      if (result === "leaving" || result === "cancelled") return;
      setLoaded(result);
      if (result.value === undefined || user === undefined) return;
      const { rp_id, passkeys } = result.value;
      signalAccepted(rp_id, user, passkeys.map(({ credential_id }) => credential_id));
    });
  };
  useEffect(reload, []);
  return [loaded, reload];
}
