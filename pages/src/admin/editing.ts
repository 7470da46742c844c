// Changes of something that has a version. If another administrator has changed it first, nothing is overwritten.
import { useRef, useState } from "preact/hooks";
import { useAction } from "../action.ts";
import type { Action } from "../action.ts";
import type { Failure, Result } from "../api.ts";

interface EditSteps<T> {
  /** What the page shows. */
  shown: T;
  load: () => Promise<Result<T>>;
  /** Saves the changes of this version; `undefined` if there is nothing to send. */
  save: (version: number) => Promise<Result<unknown>> | undefined;
  onChanged: () => void;
}

export interface Edit<T> extends Action {
  /** Why the changes were not saved, unless it is a conflict. */
  refusal: Failure | undefined;
  isSaved: boolean;
  /** What is stored now, in a conflict. */
  newer: T | undefined;
  discard: () => void;
  /** Changes whenever the form has to begin again. */
  formKey: string;
}

export function useEdit<T extends { version: number }>({ shown, load, save, onChanged }: EditSteps<T>): Edit<T> {
  const [isSaved, setSaved] = useState(false);
  const [newer, setNewer] = useState<T>();
  const discarded = useRef(0);
  const action = useAction({
    request: () => {
      setSaved(false);
      // A conflict is decided for the version that was shown.
      return save((newer ?? shown).version);
    },
    onDone: () => {
      setNewer(undefined);
      setSaved(true);
      onChanged();
    },
    onFailure: ({ code }) => {
      if (code !== "version_mismatch") return;
      // If the newer state cannot be loaded, the page says why.
      void load().then((loaded) => (loaded.failure === undefined ? setNewer(loaded.value) : onChanged()));
    },
  });
  const discard = () => {
    setNewer(undefined);
    discarded.current += 1;
    onChanged();
  };
  const refusal = action.failure?.code === "version_mismatch" ? undefined : action.failure;
  return { ...action, refusal, isSaved, newer, discard, formKey: `${shown.version}.${discarded.current}` };
}
