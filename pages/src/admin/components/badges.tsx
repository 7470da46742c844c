// Badges for the status of a user or an OAuth client.
import type { AdminUser } from "../contract.ts";
import { useConsoleTexts } from "../texts.ts";

export function Badges({ user }: { user: AdminUser }) {
  const { users } = useConsoleTexts();
  return (
    <span class="badges">
      <StateBadge isActive={user.is_active} />
      {user.is_locked && <span class="badge bad">{users.locked}</span>}
    </span>
  );
}

export function StateBadge({ isActive }: { isActive: boolean }) {
  const { users } = useConsoleTexts();
  return isActive ? <span class="badge">{users.active}</span> : <span class="badge bad">{users.disabled}</span>;
}
