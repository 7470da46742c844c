// The stored data of a user.
import { formatTime, useTexts } from "../../language.ts";
import { Facts } from "../components/facts.tsx";
import type { Fact } from "../components/facts.tsx";
import type { AdminUser } from "../contract.ts";
import { auditLink } from "../route.ts";
import { PASSWORD_SOURCE } from "../rules.ts";
import { useConsoleTexts } from "../texts.ts";

export function About({ user }: { user: AdminUser }) {
  const t = useTexts();
  const c = useConsoleTexts();
  const time = (text: string | null) => (text === null ? c.never : formatTime(text));
  const facts: Fact[] = [
    [t.account.username, user.username],
    [t.account.fullName, user.name || t.account.none],
    [t.account.email, user.email ?? t.account.none],
    [c.user.verified, user.email_verified_at === null ? c.no : formatTime(user.email_verified_at)],
    [t.account.organization, user.organization ?? t.account.none],
    [c.create.region, user.aws_region ?? t.account.none],
    [t.account.role, t.account.roles[user.role]],
    [c.user.source, user.source === PASSWORD_SOURCE ? c.user.sources.password : `${c.user.sources.directory} (${user.source})`],
    [c.user.hasPassword, user.has_password ? c.yes : c.no],
    [c.user.hasFactor, user.has_factor ? c.yes : c.no],
    [c.users.lastSignIn, time(user.last_login)],
    [c.user.created, formatTime(user.created_at)],
    [c.user.changed, formatTime(user.updated_at)],
    [c.user.id, <code>{user.id}</code>],
  ];
  return (
    <section class="card" aria-labelledby="about">
      <h2 id="about">{t.account.profile}</h2>
      <Facts facts={facts} />
      <p>
        <a href={auditLink(user.id)}>{c.user.audit}</a>
      </p>
    </section>
  );
}
