// A connected application, as the user and administrators see it.
import type { ComponentChildren } from "preact";
import type { components } from "../../../build/openapi.d.ts";
import { formatTime, useTexts } from "../language.ts";
import { Address } from "./address.tsx";
import { Scopes } from "./scopes.tsx";

export type ConnectedApplication = components["schemas"]["ConnectedApplication"];

type Fact = [name: string, value: ComponentChildren];

/** The name and the details of the application. */
export function Application({ grant }: { grant: ConnectedApplication }) {
  const t = useTexts();
  const texts = t.applications;
  const service: Fact[] = grant.resource === null ? [] : [[texts.service, <Address>{grant.resource.name}</Address>]];
  const facts: Fact[] = [
    [texts.returnsTo, <Address>{grant.redirect_host}</Address>],
    ...service,
    [texts.allowed, formatTime(grant.created_at)],
    [texts.lastUsed, grant.last_used_at === null ? texts.neverUsed : formatTime(grant.last_used_at)],
  ];
  return (
    <>
      <h3>{grant.client.name}</h3>
      <dl class="facts">
        {facts.map(([name, fact]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{fact}</dd>
          </div>
        ))}
        <div class="whole">
          <dt>{texts.access}</dt>
          <dd>
            <Scopes scopes={grant.scopes} />
          </dd>
        </div>
      </dl>
    </>
  );
}
