// A labelled field with several lines. Its value is read when the form is submitted.
import { useId } from "preact/hooks";

interface TextAreaProps {
  label: string;
  name: string;
  defaultValue: string;
  rows: number;
  hint: string;
  isOptional?: boolean;
  /** Whether it takes the whole width of the form. */
  isWide?: boolean;
  /** The id of the message that says what is wrong with the value. */
  errorId?: string | undefined;
}

export function TextArea({ label, name, defaultValue, rows, hint, isOptional = false, isWide = false, errorId }: TextAreaProps) {
  const id = useId();
  return (
    <div class={isWide ? "field wide" : "field"}>
      <label for={id}>{label}</label>
      <textarea
        id={id}
        name={name}
        rows={rows}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        required={!isOptional}
        defaultValue={defaultValue}
        aria-invalid={errorId !== undefined}
        aria-describedby={[`${id}-hint`, errorId].filter(Boolean).join(" ")}
      />
      <p class="hint" id={`${id}-hint`}>
        {hint}
      </p>
    </div>
  );
}
