// A group of check boxes.
import { useId } from "preact/hooks";
import type { Options } from "./select.tsx";

interface ChecksProps<Value extends string> {
  label: string;
  options: Options<Value>;
  values: readonly Value[];
  onChange: (values: Value[]) => void;
  /** The id of the message that says what is wrong with the choice. */
  errorId?: string | undefined;
}

/** The chosen values are in the order of the options. */
export function Checks<Value extends string>({ label, options, values, onChange, errorId }: ChecksProps<Value>) {
  const id = useId();
  const set = (value: Value, isChecked: boolean) =>
    onChange(options.map(([option]) => option).filter((option) => (option === value ? isChecked : values.includes(option))));
  return (
    <fieldset class="checks" aria-describedby={errorId}>
      <legend>{label}</legend>
      {options.map(([value, text]) => (
        <div key={value} class="check">
          <input id={`${id}-${value}`} type="checkbox" checked={values.includes(value)} onChange={({ currentTarget }) => set(value, currentTarget.checked)} />
          <label for={`${id}-${value}`}>{text}</label>
        </div>
      ))}
    </fieldset>
  );
}
