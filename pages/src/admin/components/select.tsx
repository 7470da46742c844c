// A labelled choice.
import { useId } from "preact/hooks";

export type Options<Value extends string> = readonly (readonly [value: Value, text: string])[];

interface SelectProps<Value extends string> {
  label: string;
  name: string;
  value: Value;
  options: Options<Value>;
  onChange: (value: Value) => void;
  hint?: string;
}

export function Select<Value extends string>({ label, name, value, options, onChange, hint }: SelectProps<Value>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        name={name}
        value={value}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={({ currentTarget }) => {
          const chosen = options.find(([option]) => option === currentTarget.value);
          if (chosen !== undefined) onChange(chosen[0]);
        }}
      >
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
