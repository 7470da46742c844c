// One user: the stored data, and all actions of an administrator.
import { useState } from "preact/hooks";
import type { User } from "../../api.ts";
import { Message } from "../../components/message.tsx";
import { useTexts } from "../../language.ts";
import { loadUser } from "../client.ts";
import { Badges } from "../components/badges.tsx";
import { Heading } from "../components/heading.tsx";
import { Outcome } from "../components/outcome.tsx";
import type { AdminUser } from "../contract.ts";
import { LINKS } from "../route.ts";
import { permissions } from "../rules.ts";
import type { Permissions } from "../rules.ts";
import { useConsoleTexts } from "../texts.ts";
import { useLoaded } from "../work.ts";
import { Access } from "./access.tsx";
import { Data } from "./data.tsx";
import { EditProfile } from "./edit.tsx";
import { Factors } from "./factors.tsx";
import { About } from "./about.tsx";
import { UserApplications } from "./applications.tsx";
import { Password } from "./password.tsx";
import { UserSessions } from "./sessions.tsx";

/** What the sections of the page get. */
export interface SectionProps {
  user: AdminUser;
  permissions: Permissions;
  /** The user is loaded again after each change, because it changes the version. */
  onChanged: () => void;
}

export function UserDetail({ id, actor }: { id: string; actor: User }) {
  const t = useTexts();
  const c = useConsoleTexts();
  const [isErased, setErased] = useState(false);
  // Incremented by every change, so that the sessions are loaded again too.
  const [changes, setChanges] = useState(0);
  const loaded = useLoaded(id, () => loadUser(id));
  const user = loaded.value?.user;
  const changed = () => {
    setChanges((count) => count + 1);
    loaded.reload();
  };
  return (
    <>
      <div class="title">
        <Heading title={c.users.title} shown={user?.username ?? c.users.title} />
        {user && !isErased && <Badges user={user} />}
        <a class="back" href={LINKS.users}>
          {c.back}
        </a>
      </div>
      {isErased && <Message kind="done">{c.user.erase.done}</Message>}
      {!isErased && <Outcome failure={loaded.failure} />}
      {user === undefined && loaded.failure === undefined && <p role="status">{t.loading}</p>}
      {user && !isErased && <Sections user={user} actor={actor} changes={changes} onChanged={changed} onErased={() => setErased(true)} />}
    </>
  );
}

interface SectionsProps {
  user: AdminUser;
  actor: User;
  changes: number;
  onChanged: () => void;
  onErased: () => void;
}

function Sections({ user, actor, changes, onChanged, onErased }: SectionsProps) {
  const c = useConsoleTexts();
  const allowed = permissions(actor, user);
  const props: SectionProps = { user, permissions: allowed, onChanged };
  const [reset, setReset] = useState<string>();
  return (
    <>
      {allowed.isSelf && <p class="note">{c.user.self}</p>}
      {!allowed.canManage && <p class="note">{c.user.readOnly}</p>}
      {allowed.canManage && allowed.isManagedElsewhere && <p class="note">{c.user.managedElsewhere}</p>}
      <About user={user} />
      {allowed.canManage && <EditProfile {...props} />}
      {allowed.canRemove && <Access {...props} />}
      {allowed.canManage && !allowed.isManagedElsewhere && <Password {...props} />}
      {allowed.canManage && <Factors key={`factors ${changes}`} {...props} done={reset} onDone={setReset} />}
      {allowed.canManage && <UserSessions key={changes} {...props} />}
      {allowed.canManage && <UserApplications key={`applications ${changes}`} {...props} />}
      {allowed.canManage && <Data {...props} onErased={onErased} />}
    </>
  );
}
