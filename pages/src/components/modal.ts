// Dialogs that keep the focus until they are closed, and then give it back.
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

/** Opens the dialog now, with the focus on its first element of this selector, and closes it when the component is removed. */
export function useModal(dialog: RefObject<HTMLDialogElement | null>, first: string): void {
  useEffect(() => {
    const before = document.activeElement;
    const element = dialog.current;
    element?.showModal();
    element?.querySelector<HTMLElement>(first)?.focus();
    return () => {
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
}
