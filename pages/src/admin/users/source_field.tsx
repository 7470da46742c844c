// The filter by source. The names of identity sources are not known beforehand, so those of the users seen so far are suggested.
import { useId } from "preact/hooks";
import type { AdminUser } from "../contract.ts";
import { PASSWORD_SOURCE } from "../rules.ts";
import { useConsoleTexts } from "../texts.ts";

const seen = new Set([PASSWORD_SOURCE]);

/** Suggests the sources of these users from now on. */
export function remember(users: AdminUser[]): void {
  for (const { source } of users) seen.add(source);
}

export function SourceField({ value, onChange }: { value: string; onChange: (source: string) => void }) {
  const { users } = useConsoleTexts();
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{users.source}</label>
      <input
        id={id}
        type="text"
        list={`${id}-seen`}
        value={value}
        placeholder={users.anySource}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
      <datalist id={`${id}-seen`}>
        {[...seen].map((source) => (
          <option key={source} value={source} />
        ))}
      </datalist>
    </div>
  );
}
