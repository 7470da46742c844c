// Changes the profile of a user. If another administrator has changed the user first, both states are shown, and nothing is overwritten.
import { useRef } from "preact/hooks";
import { Field, value } from "../../components/field.tsx";
import { Form } from "../../components/form.tsx";
import { useTexts } from "../../language.ts";
import { changeUser, loadUser } from "../client.ts";
import type { Difference } from "../components/conflict.tsx";
import { EditEnd } from "../components/edit_end.tsx";
import type { AdminUser, UserChange } from "../contract.ts";
import { useEdit } from "../editing.ts";
import { useConsoleTexts } from "../texts.ts";
import type { SectionProps } from "./detail.tsx";

type Profile = Pick<AdminUser, "name" | "email" | "organization" | "aws_region">;

const FIELDS = ["name", "email", "organization", "aws_region"] as const;

export function EditProfile({ user, permissions, onChanged }: SectionProps) {
  const t = useTexts();
  const c = useConsoleTexts();
  const form = useRef<HTMLFormElement>(null);
  const edit = useEdit({
    shown: user,
    load: async () => {
      const loaded = await loadUser(user.id);
      return loaded.failure === undefined ? { value: loaded.value.user } : loaded;
    },
    save: (version) => (form.current === null ? undefined : changeUser(user.id, version, changes(user, read(form.current, user)))),
    onChanged,
  });
  const errorOf = (...codes: string[]) => (edit.failure && codes.includes(edit.failure.code) ? "edit-message" : undefined);
  const labels = { name: t.account.fullName, email: t.account.email, organization: t.account.organization, aws_region: c.create.region };
  return (
    <section class="card" aria-labelledby="edit">
      <h2 id="edit">{c.user.editProfile}</h2>
      <Form key={edit.formKey} submission={edit} form={form} label={c.user.editProfile}>
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
        <EditEnd
          edit={edit}
          messageId="edit-message"
          title={c.user.conflict}
          differences={(newer) => differences(user, newer, read(form.current, user), labels, t.account.none)}
        />
      </Form>
    </section>
  );
}

/** The fields that one of the two has changed. `before` is what was shown when the administrator began. */
function differences(before: Profile, newer: Profile, own: Profile, labels: Record<keyof Profile, string>, none: string): Difference[] {
  const different = FIELDS.filter((field) => newer[field] !== before[field] || own[field] !== before[field]);
  return different.map((field) => ({
    label: labels[field],
    theirs: newer[field] || none,
    yours: own[field] === before[field] ? undefined : own[field] || none,
  }));
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
