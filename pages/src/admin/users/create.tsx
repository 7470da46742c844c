// A new user, and how the user gets the link that sets the password.
import { useRef, useState } from "preact/hooks";
import { useAction } from "../../action.ts";
import type { User } from "../../api.ts";
import { Button, LinkButton } from "../../components/button.tsx";
import { Field, value } from "../../components/field.tsx";
import { Form } from "../../components/form.tsx";
import { Message } from "../../components/message.tsx";
import { useTexts } from "../../language.ts";
import { createUser } from "../client.ts";
import { Heading } from "../components/heading.tsx";
import { OneTimeLink } from "../components/one_time_link.tsx";
import { Outcome } from "../components/outcome.tsx";
import { Select } from "../components/select.tsx";
import type { AdminUser, Delivery, NewUser, Role } from "../contract.ts";
import { LINKS, userLink } from "../route.ts";
import { ROLES } from "../rules.ts";
import { useConsoleTexts } from "../texts.ts";

/** The service would call an empty user name invalid. */
const MISSING = { failure: { code: "missing_field", status: 0, retryAfter: null } };

type Created = Delivery & { user: AdminUser };

export function CreateUser({ actor }: { actor: User }) {
  const c = useConsoleTexts();
  const [created, setCreated] = useState<Created>();
  return (
    <>
      <div class="title">
        <Heading title={c.create.title} />
        <a href={LINKS.users}>{c.back}</a>
      </div>
      <section class="card" aria-label={c.create.title}>
        {created === undefined ? <NewUserForm actor={actor} onCreated={setCreated} /> : <Result created={created} onAnother={() => setCreated(undefined)} />}
      </section>
    </>
  );
}

function NewUserForm({ actor, onCreated }: { actor: User; onCreated: (created: Created) => void }) {
  const t = useTexts();
  const c = useConsoleTexts();
  const form = useRef<HTMLFormElement>(null);
  const [role, setRole] = useState<Role>("user");
  const action = useAction({
    request: () => {
      if (form.current === null) return undefined;
      const typed = read(form.current, role);
      return typed.username === "" || typed.email === "" ? Promise.resolve(MISSING) : createUser(typed);
    },
    onDone: onCreated,
  });
  const optional = (label: string) => `${label} ${c.create.optional}`;
  const errorOf = (...codes: string[]) => (action.failure && codes.includes(action.failure.code) ? "create-message" : undefined);
  return (
    <Form submission={action} form={form} label={c.create.title}>
      <Outcome failure={action.failure} id="create-message" />
      <div class="fields">
        <Field
          label={t.account.username}
          name="username"
          type="text"
          autocomplete="off"
          errorId={errorOf("username_taken", "invalid_username", "missing_field", "invalid_field")}
        />
        <Field label={t.account.email} name="email" type="email" autocomplete="off" errorId={errorOf("email_taken", "invalid_email", "missing_field")} />
        <Field label={optional(t.account.fullName)} name="name" type="text" autocomplete="off" isOptional />
        <Field label={optional(t.account.organization)} name="organization" type="text" autocomplete="off" isOptional />
        <Field label={optional(c.create.region)} name="aws_region" type="text" autocomplete="off" isOptional errorId={errorOf("invalid_field")} />
        {actor.role === "super_admin" && (
          <Select label={t.account.role} name="role" value={role} options={ROLES.map((role) => [role, t.account.roles[role]] as const)} onChange={setRole} />
        )}
      </div>
      <div class="tools">
        <Button kind="primary" isBusy={action.isBusy}>
          {c.create.submit}
        </Button>
      </div>
    </Form>
  );
}

function read(form: HTMLFormElement, role: Role): NewUser {
  const optional = (name: "name" | "organization" | "aws_region") => {
    const typed = value(form, name).trim();
    return typed === "" ? {} : { [name]: typed };
  };
  return {
    username: value(form, "username").trim(),
    email: value(form, "email").trim(),
    ...optional("name"),
    ...optional("organization"),
    ...optional("aws_region"),
    role,
  };
}

function Result({ created, onAnother }: { created: Created; onAnother: () => void }) {
  const c = useConsoleTexts();
  return (
    <>
      <Message kind="done">{c.create.done(created.user.username)}</Message>
      <OneTimeLink delivery={created} />
      <div class="tools">
        <LinkButton kind="primary" href={userLink(created.user.id)}>
          {c.create.open}
        </LinkButton>
        <Button kind="secondary" onClick={onAnother}>
          {c.create.another}
        </Button>
      </div>
    </>
  );
}
