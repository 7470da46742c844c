// The list of the permissions of an application.
import { useTexts } from "../language.ts";
import type { Texts } from "../language.ts";

/** The scopes in plain words. Scopes of a resource have no texts here, so the list shows their names. */
export function Scopes({ scopes, labelledBy }: { scopes: string[]; labelledBy?: string }) {
  const t = useTexts();
  return (
    <ul class="scopes" aria-labelledby={labelledBy}>
      {scopes.map((scope) => (
        <li key={scope}>{meaning(t, scope) ?? <code translate={false}>{scope}</code>}</li>
      ))}
    </ul>
  );
}

/** The meaning of a scope that is the same for every resource. */
function meaning(t: Texts, scope: string): string | undefined {
  const { scopes } = t.applications;
  return Object.hasOwn(scopes, scope) ? scopes[scope as keyof typeof scopes] : undefined;
}
