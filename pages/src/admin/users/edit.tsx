// Changes the profile of a user. If another administrator has changed the user first, both states are shown, and nothing is overwritten.
import { useRef, useState } from "preact/hooks";
import { useAction } from "../../action.ts";
import { Button } from "../../components/button.tsx";
import { Field, value } from "../../components/field.tsx";
import { Form } from "../../components/form.tsx";
import { useTexts } from "../../language.ts";
import { changeUser, loadUser } from "../client.ts";
import { Outcome } from "../components/outcome.tsx";
import { Table } from "../components/table.tsx";
import type { Column } from "../components/table.tsx";
import type { AdminUser, UserChange } from "../contract.ts";
import { useConsoleTexts } from "../texts.ts";
import type { SectionProps } from "./detail.tsx";

type Profile = Pick<AdminUser, "name" | "email" | "organization" | "aws_region">;

const FIELDS = ["name", "email", "organization", "aws_region"] as const;

export function EditProfile({ user, permissions, onChanged }: SectionProps) {
  const t = useTexts();
  const c = useConsoleTexts();
  const form = useRef<HTMLFormElement>(null);
  const [isSaved, setSaved] = useState(false);
  const [newer, setNewer] = useState<AdminUser>();
  const reset = useRef(0);
  const action = useAction({
    request: () => {
      setSaved(false);
      // A conflict is decided for the version that was shown.
      const base = newer ?? user;
      return form.current === null ? undefined : changeUser(user.id, base.version, changes(user, read(form.current, user)));
    },
    onDone: () => {
      setNewer(undefined);
      setSaved(true);
      onChanged();
    },
    onFailure: ({ code }) => {
      if (code !== "version_mismatch") return;
      // If the newer state cannot be loaded, the page says why.
      void loadUser(user.id).then((loaded) => (loaded.value ? setNewer(loaded.value.user) : onChanged()));
    },
  });
  const discard = () => {
    setNewer(undefined);
    reset.current += 1;
    onChanged();
  };
  const errorOf = (...codes: string[]) => (action.failure && codes.includes(action.failure.code) ? "edit-message" : undefined);
  const labels = { name: t.account.fullName, email: t.account.email, organization: t.account.organization, aws_region: c.create.region };
  return (
    <section class="card" aria-labelledby="edit">
      <h2 id="edit">{c.user.editProfile}</h2>
      <Form key={`${user.version}.${reset.current}`} submission={action} form={form} label={c.user.editProfile}>
        <div class="fields">
          {!permissions.isManagedElsewhere && (
            <>
              <Field label={labels.name} name="name" type="text" autocomplete="off" defaultValue={user.name} isOptional errorId={errorOf("invalid_field")} />
              {permissions.canChangeCredentials && (
                <Field
                  label={labels.email}
                  name="email"
                  type="email"
                  autocomplete="off"
                  defaultValue={user.email ?? ""}
                  hint={c.user.emailHint}
                  errorId={errorOf("email_taken", "invalid_email", "missing_field")}
                />
              )}
              <Field label={labels.organization} name="organization" type="text" autocomplete="off" defaultValue={user.organization ?? ""} isOptional />
            </>
          )}
          <Field
            label={labels.aws_region}
            name="aws_region"
            type="text"
            autocomplete="off"
            defaultValue={user.aws_region ?? ""}
            isOptional
            errorId={errorOf("invalid_field")}
          />
        </div>
        {newer === undefined ? (
          <>
            <Outcome failure={action.failure?.code === "version_mismatch" ? undefined : action.failure} done={isSaved ? c.saved : undefined} id="edit-message" />
            <div class="tools">
              <Button kind="primary" isBusy={action.isBusy}>
                {c.save}
              </Button>
            </div>
          </>
        ) : (
          <Conflict before={user} newer={newer} yours={() => read(form.current, user)} labels={labels} isBusy={action.isBusy} onDiscard={discard} />
        )}
      </Form>
    </section>
  );
}

interface ConflictProps {
  /** What was shown when the administrator began. */
  before: Profile;
  newer: AdminUser;
  yours: () => Profile;
  labels: Record<keyof Profile, string>;
  isBusy: boolean;
  onDiscard: () => void;
}

function Conflict({ before, newer, yours, labels, isBusy, onDiscard }: ConflictProps) {
  const t = useTexts();
  const c = useConsoleTexts();
  const own = yours();
  const columns: Column<keyof Profile>[] = [
    { title: c.user.conflict.field, cell: (field) => labels[field] },
    { title: c.user.conflict.theirs, cell: (field) => newer[field] || t.account.none },
    { title: c.user.conflict.yours, cell: (field) => (own[field] === before[field] ? c.user.conflict.unchanged : own[field] || t.account.none) },
  ];
  const different = FIELDS.filter((field) => newer[field] !== before[field] || own[field] !== before[field]);
  return (
    <div class="conflict" role="alert">
      <h3>{c.user.conflict.title}</h3>
      <p>{c.user.conflict.lead}</p>
      {different.length > 0 && <Table label={c.user.conflict.title} columns={columns} rows={different} keyOf={(field) => field} />}
      <div class="tools">
        <Button kind="primary" isBusy={isBusy}>
          {c.user.conflict.overwrite}
        </Button>
        <Button kind="secondary" onClick={onDiscard}>
          {c.user.conflict.discard}
        </Button>
      </div>
    </div>
  );
}

/** What was typed. A field that is not offered keeps its value. */
function read(form: HTMLFormElement | null, before: Profile): Profile {
  const text = (name: keyof Profile) => {
    if (form === null || !(name in form.elements)) return before[name];
    return value(form, name).trim() || null;
  };
  return { name: text("name") ?? "", email: text("email"), organization: text("organization"), aws_region: text("aws_region") };
}

/** The fields that the administrator has changed. Others keep what another administrator may have saved. */
function changes(before: Profile, after: Profile): UserChange {
  return Object.fromEntries(FIELDS.filter((field) => before[field] !== after[field]).map((field) => [field, after[field]]));
}
