// Fields of forms. Their values are read when the form is submitted, because password managers may fill them in without an event.
import type { RefObject } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useTexts } from "../language.ts";

interface FieldProps {
  label: string;
  name: string;
  type: "text" | "email" | "password";
  /** The value of `autocomplete`, for password managers (HTML standard, "autofill"). */
  autocomplete: "username" | "username webauthn" | "current-password" | "new-password" | "one-time-code" | "email" | "name" | "off";
  hint?: string | undefined;
  defaultValue?: string;
  isOptional?: boolean;
  /** Whether the value consists of digits. */
  isNumeric?: boolean;
  /** Whether it takes the focus when it appears. */
  isFocused?: boolean;
  /** The id of the message that says what is wrong with the value. */
  errorId?: string | undefined;
  input?: RefObject<HTMLInputElement | null>;
}

/** A labelled input. A password can be shown. */
export function Field({ label, name, type, autocomplete, hint, defaultValue, isOptional = false, isNumeric = false, isFocused = false, errorId, input }: FieldProps) {
  const t = useTexts();
  const id = useId();
  const own = useRef<HTMLInputElement>(null);
  const element = input ?? own;
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    if (isFocused) element.current?.focus();
  }, []);
  const isPassword = type === "password";
  const describedBy = [hint && `${id}-hint`, errorId].filter(Boolean).join(" ");
  const attributes = {
    ref: element,
    id,
    name,
    autocomplete,
    autocapitalize: "none",
    spellcheck: false,
    required: !isOptional,
    ...(defaultValue !== undefined && { defaultValue }),
    inputMode: isNumeric ? "numeric" : type === "email" ? "email" : "text",
    "aria-invalid": errorId !== undefined,
    "aria-describedby": describedBy || undefined,
  } as const;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="input">
        {isPassword && !isShown ? <input type="password" {...attributes} /> : <input type="text" {...attributes} />}
        {isPassword && (
          <button type="button" class="reveal" aria-pressed={isShown} aria-label={t.showPassword} onClick={() => setShown(!isShown)}>
            <Eye isOpen={!isShown} />
          </button>
        )}
      </div>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

function Eye({ isOpen }: { isOpen: boolean }) {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" stroke-width="1.8" aria-hidden="true">
      <path d="M2.5 12C5 7.5 8.300 5.500 12 5.500s7 2 9.500 6.500c-2.500 4.500-5.800 6.500-9.500 6.500S5 16.500 2.500 12Z" />
      <circle cx="12" cy="12" r="3" />
      {!isOpen && <path d="M4 20 20 4" />}
    </svg>
  );
}

/** The value of a field. */
export function value(form: HTMLFormElement, name: string): string {
  const entry = new FormData(form).get(name);
  return typeof entry === "string" ? entry : "";
}
