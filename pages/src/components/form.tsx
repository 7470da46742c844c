// A form that a script sends.
import type { ComponentChildren } from "preact";
import { useTexts } from "../language.ts";
import type { Submission } from "../submission.ts";

interface FormProps {
  submission: Submission;
  label?: string;
  /** The form that is being sent. */
  form: { current: HTMLFormElement | null };
  children: ComponentChildren;
}

/** A form. Empty fields are reported by the service's texts, because the browser's own would be in another language. */
export function Form({ submission, label, form, children }: FormProps) {
  const t = useTexts();
  return (
    <form
      ref={form}
      noValidate
      method="post"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        submission.run();
      }}
    >
      {children}
      <p class="slow" role="status">
        {submission.isSlow ? t.slow : ""}
      </p>
    </form>
  );
}
