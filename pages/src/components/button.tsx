// Buttons.
import type { ComponentChildren } from "preact";
import { Spinner } from "./spinner.tsx";

interface ButtonProps {
  kind: "primary" | "secondary" | "danger";
  /** Without it, the button submits its form. */
  onClick?: () => void;
  isBusy?: boolean;
  isDisabled?: boolean;
  label?: string;
  children: ComponentChildren;
}

/** A button. It keeps the focus while it is busy, so it does not have the attribute `disabled`. */
export function Button({ kind, onClick, isBusy = false, isDisabled = false, label, children }: ButtonProps) {
  const isIdle = isBusy || isDisabled;
  return (
    <button
      type={onClick === undefined ? "submit" : "button"}
      class={`button ${kind}`}
      aria-disabled={isIdle}
      aria-label={label}
      onClick={(event) => {
        if (isIdle) event.preventDefault();
        else onClick?.();
      }}
    >
      {isBusy && <Spinner />}
      <span>{children}</span>
    </button>
  );
}

/** A link to another page that looks like a button. */
export function LinkButton({ kind, href, children }: { kind: "primary" | "secondary"; href: string; children: ComponentChildren }) {
  return (
    <a class={`button ${kind}`} href={href}>
      {children}
    </a>
  );
}
