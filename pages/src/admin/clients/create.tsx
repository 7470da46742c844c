// Registers an OAuth client, and shows its secret once.
import { useRef, useState } from "preact/hooks";
import { useAction } from "../../action.ts";
import type { User } from "../../api.ts";
import { Button, LinkButton } from "../../components/button.tsx";
import { CopyButton } from "../../components/copy_button.tsx";
import { Form } from "../../components/form.tsx";
import { Message } from "../../components/message.tsx";
import { createClient } from "../client.ts";
import { Facts } from "../components/facts.tsx";
import { Heading } from "../components/heading.tsx";
import { Outcome } from "../components/outcome.tsx";
import { ShownOnce } from "../components/shown_once.tsx";
import type { OauthClient } from "../contract.ts";
import { LINKS, clientLink } from "../route.ts";
import { canManageClients } from "../rules.ts";
import { useConsoleTexts } from "../texts.ts";
import { ClientFields } from "./fields.tsx";
import { METHODS, NEW_CLIENT, problem, read, registration } from "./properties.ts";
import type { Choices } from "./properties.ts";

interface Created {
  client: OauthClient;
  client_secret: string | null;
}

export function CreateClient({ actor }: { actor: User }) {
  const { clients } = useConsoleTexts();
  const [created, setCreated] = useState<Created>();
  const form = created === undefined ? <NewClientForm onCreated={setCreated} /> : <Result created={created} onAnother={() => setCreated(undefined)} />;
  return (
    <>
      <div class="title">
        <Heading title={clients.add} />
        <a href={LINKS.clients}>{clients.back}</a>
      </div>
      {canManageClients(actor) ? (
        <section class="card" aria-label={clients.add}>
          {form}
        </section>
      ) : (
        <p class="note">{clients.readOnly}</p>
      )}
    </>
  );
}

function NewClientForm({ onCreated }: { onCreated: (created: Created) => void }) {
  const { clients } = useConsoleTexts();
  const form = useRef<HTMLFormElement>(null);
  const [choices, setChoices] = useState<Choices>(NEW_CLIENT);
  const action = useAction({
    request: () => {
      if (form.current === null) return undefined;
      const entered = read(form.current, choices);
      const refused = problem(entered);
      return refused === undefined ? createClient(registration(entered)) : Promise.resolve(refused);
    },
    onDone: onCreated,
  });
  return (
    <Form submission={action} form={form} label={clients.add}>
      <Outcome failure={action.failure} id="client-message" />
      <ClientFields before={NEW_CLIENT} methods={METHODS} choices={choices} onChoices={setChoices} failure={action.failure} messageId="client-message" />
      <div class="tools">
        <Button kind="primary" isBusy={action.isBusy}>
          {clients.add}
        </Button>
      </div>
    </Form>
  );
}

function Result({ created: { client, client_secret }, onAnother }: { created: Created; onAnother: () => void }) {
  const { clients } = useConsoleTexts();
  return (
    <>
      <Message kind="done">{clients.create.done(client.client_name)}</Message>
      <Facts facts={[[clients.id, <code>{client.client_id}</code>]]} />
      <CopyButton text={client.client_id} caption={clients.copyId} />
      {client_secret !== null && <ShownOnce lead={clients.secret.shown} label={clients.secret.label} text={client_secret} />}
      <div class="tools">
        <LinkButton kind="primary" href={clientLink(client.client_id)}>
          {clients.create.open}
        </LinkButton>
        <Button kind="secondary" onClick={onAnother}>
          {clients.create.another}
        </Button>
      </div>
    </>
  );
}
