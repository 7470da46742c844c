// Badges for the status of a user: disabled, locked, without a password.
import type { AdminUser } from "../contract.ts";
import { useConsoleTexts } from "../texts.ts";

export function Badges({ user }: { user: AdminUser }) {
  const { users } = useConsoleTexts();
  return (
    <span class="badges">
      {user.is_active ? <span class="badge">{users.active}</span> : <span class="badge bad">{users.disabled}</span>}
      {user.is_locked && <span class="badge bad">{users.locked}</span>}
    </span>
  );
}
