// What is registered about an OAuth client.
import { CopyButton } from "../../components/copy_button.tsx";
import { formatTime } from "../../language.ts";
import { Facts } from "../components/facts.tsx";
import type { Fact } from "../components/facts.tsx";
import type { OauthClient } from "../contract.ts";
import { auditLink, userLink } from "../route.ts";
import { useConsoleTexts } from "../texts.ts";
import { Lines } from "./lines.tsx";

export function AboutClient({ client }: { client: OauthClient }) {
  const c = useConsoleTexts();
  const texts = c.clients;
  const lines = (values: string[]) => <Lines values={values} />;
  const keys = client.jwks?.keys.map(({ kid, alg }) => `${alg} · ${kid}`);
  const facts: Fact[] = [
    [texts.id, <code>{client.client_id}</code>],
    [texts.kind, texts.kinds[client.kind]],
    [texts.authentication, texts.form.methods[client.token_endpoint_auth_method]],
    [texts.grantTypes, lines(client.grant_types.map((grant) => texts.grants[grant]))],
    [texts.redirectUris, lines(client.redirect_uris)],
    [texts.postLogoutUris, lines(client.post_logout_redirect_uris)],
    [texts.scope, client.scope || c.none],
    ...(keys === undefined ? [] : [[texts.keys, lines(keys)] as const]),
    ...(client.secret_created_at === null ? [] : [[texts.secretCreated, formatTime(client.secret_created_at)] as const]),
    [texts.lastUsed, client.last_used_at === null ? c.never : formatTime(client.last_used_at)],
    [texts.created, formatTime(client.created_at)],
    [texts.createdBy, client.created_by === null ? c.unknown : <a href={userLink(client.created_by)}>{texts.creator}</a>],
    [texts.changed, formatTime(client.updated_at)],
  ];
  return (
    <section class="card" aria-labelledby="about">
      <h2 id="about">{texts.about}</h2>
      <Facts facts={facts} />
      <CopyButton text={client.client_id} caption={texts.copyId} />
      <p>
        <a href={auditLink(client.client_id)}>{texts.audit}</a>
      </p>
    </section>
  );
}
