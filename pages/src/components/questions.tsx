// The question before a destructive action. It states what the action revokes or deletes.
import { createContext } from "preact";
import type { ComponentChildren } from "preact";
import { useContext, useId, useRef, useState } from "preact/hooks";
import { Button } from "./button.tsx";
import { useModal } from "./modal.ts";
import { useTexts } from "../language.ts";

export interface Question {
  title: string;
  consequences: string[];
  /** The text of the button that confirms. */
  confirm: string;
  /** What the user has to type, if a click is not enough. */
  typed?: { label: string; text: string };
}

export type Ask = (question: Question) => Promise<boolean>;

const AskContext = createContext<Ask>(async () => false);

/** Asks a question. The result is whether the user has confirmed. */
export const useAsk = (): Ask => useContext(AskContext);

interface Asked {
  question: Question;
  answer: (isConfirmed: boolean) => void;
}

/** Gives `useAsk` to its children. */
export function Questions({ children }: { children: ComponentChildren }) {
  const [asked, setAsked] = useState<Asked>();
  const ask: Ask = (question) => new Promise((answer) => setAsked({ question, answer }));
  const close = (isConfirmed: boolean) => {
    setAsked(undefined);
    asked?.answer(isConfirmed);
  };
  return (
    <AskContext.Provider value={ask}>
      {children}
      {asked && <Dialog question={asked.question} onClose={close} />}
    </AskContext.Provider>
  );
}

function Dialog({ question, onClose }: { question: Question; onClose: (isConfirmed: boolean) => void }) {
  const t = useTexts();
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState("");
  const isReady = question.typed === undefined || typed.trim() === question.typed.text;
  useModal(dialog, "input, button");
  return (
    <dialog
      ref={dialog}
      class="card"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-consequences`}
      onCancel={(event) => {
        event.preventDefault();
        onClose(false);
      }}
    >
      <h2 id={`${id}-title`}>{question.title}</h2>
      <ul id={`${id}-consequences`} class="consequences">
        {question.consequences.map((consequence) => (
          <li key={consequence}>{consequence}</li>
        ))}
      </ul>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) onClose(true);
        }}
      >
        {question.typed && (
          <div class="field">
            <label for={`${id}-typed`}>{question.typed.label}</label>
            <input
              id={`${id}-typed`}
              type="text"
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              value={typed}
              onInput={({ currentTarget }) => setTyped(currentTarget.value)}
            />
          </div>
        )}
        <div class="actions">
          <Button kind="secondary" onClick={() => onClose(false)}>
            {t.cancel}
          </Button>
          <Button kind="danger" isDisabled={!isReady}>
            {question.confirm}
          </Button>
        </div>
      </form>
    </dialog>
  );
}
