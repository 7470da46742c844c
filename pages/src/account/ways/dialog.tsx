// A dialog of the card. The button that opened it gets the focus back.
import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import { useModal } from "../../components/modal.ts";

interface DialogProps {
  title: string;
  /** The selector of what gets the focus first. */
  first: string;
  /** The user has pressed Escape. */
  onEscape: () => void;
  children: ComponentChildren;
}

export function Dialog({ title, first, onEscape, children }: DialogProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useModal(dialog, first);
  return (
    <dialog
      ref={dialog}
      class="card"
      aria-labelledby={`${id}-title`}
      onCancel={(event) => {
        event.preventDefault();
        onEscape();
      }}
    >
      <h2 id={`${id}-title`} tabIndex={-1}>
        {title}
      </h2>
      {children}
    </dialog>
  );
}
