// Changes what is registered about an OAuth client. If another administrator has changed it first, both states are shown, and nothing is
// overwritten.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Form } from "../../components/form.tsx";
import { changeClient, loadClient } from "../client.ts";
import type { Difference } from "../components/conflict.tsx";
import { EditEnd } from "../components/edit_end.tsx";
import { useEdit } from "../editing.ts";
import { useConsoleTexts } from "../texts.ts";
import type { ConsoleTexts } from "../texts.ts";
import type { SectionProps } from "./detail.tsx";
import { ClientFields } from "./fields.tsx";
import { Lines } from "./lines.tsx";
import { FIELDS, SECRET_METHODS, changes, isSame, problem, propertiesOf, read, usesSecret } from "./properties.ts";
import type { Choices, Properties } from "./properties.ts";

export function EditClient({ client, onChanged }: SectionProps) {
  const c = useConsoleTexts();
  const form = useRef<HTMLFormElement>(null);
  const before = propertiesOf(client);
  const [choices, setChoices] = useState<Choices>(before);
  // The fields are created again for each version.
  useEffect(() => setChoices(propertiesOf(client)), [client.version]);
  const own = (): Properties => (form.current === null ? before : read(form.current, choices));
  const edit = useEdit({
    shown: client,
    load: async () => {
      const loaded = await loadClient(client.client_id);
      return loaded.failure === undefined ? { value: loaded.value.client } : loaded;
    },
    save: (version) => {
      const entered = own();
      const refused = problem(entered);
      return refused === undefined ? changeClient(client.client_id, version, changes(before, entered)) : Promise.resolve(refused);
    },
    onChanged,
  });
  return (
    <section class="card" aria-labelledby="edit">
      <h2 id="edit">{c.clients.edit}</h2>
      <Form key={edit.formKey} submission={edit} form={form} label={c.clients.edit}>
        <ClientFields
          before={before}
          methods={usesSecret(client.token_endpoint_auth_method) ? SECRET_METHODS : []}
          choices={choices}
          onChoices={setChoices}
          failure={edit.failure}
          messageId="edit-message"
        />
        <EditEnd
          edit={edit}
          messageId="edit-message"
          title={c.clients.conflict}
          differences={(newer) => differences(before, propertiesOf(newer), own(), c)}
        />
      </Form>
    </section>
  );
}

/** The properties that one of the two has changed. `before` is what was shown when the administrator began. */
function differences(before: Properties, newer: Properties, own: Properties, { clients, none }: ConsoleTexts): Difference[] {
  const labels: Record<keyof Properties, string> = {
    client_name: clients.name,
    token_endpoint_auth_method: clients.authentication,
    grant_types: clients.grantTypes,
    redirect_uris: clients.redirectUris,
    post_logout_redirect_uris: clients.postLogoutUris,
    scope: clients.scope,
    jwks: clients.keys,
  };
  const shown = (field: keyof Properties, properties: Properties): ComponentChildren => {
    switch (field) {
      case "token_endpoint_auth_method":
        return clients.form.methods[properties[field]];
      case "grant_types":
        return <Lines values={properties[field].map((grant) => clients.grants[grant])} />;
      case "redirect_uris":
      case "post_logout_redirect_uris":
        return <Lines values={properties[field]} />;
      default:
        return properties[field] || none;
    }
  };
  const different = FIELDS.filter((field) => !isSame(field, newer, before) || !isSame(field, own, before));
  return different.map((field) => ({
    label: labels[field],
    theirs: shown(field, newer),
    yours: isSame(field, own, before) ? undefined : shown(field, own),
  }));
}
