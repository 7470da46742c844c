// The profile of the user.
import type { User } from "../api.ts";
import { formatTime, useTexts } from "../language.ts";

type Fact = [name: string, value: string | null];

export function Profile({ user, isManagedElsewhere, isRecognised }: { user: User; isManagedElsewhere: boolean; isRecognised: boolean }) {
  const t = useTexts();
  const organization: Fact[] = user.organization ? [[t.account.organization, user.organization]] : [];
  const facts: Fact[] = [
    [t.account.username, user.username],
    [t.account.fullName, user.name],
    [t.account.email, user.email],
    ...organization,
    [t.account.role, t.account.roles[user.role]],
    [t.account.memberSince, formatTime(user.created_at)],
  ];
  return (
    <section class="card" aria-labelledby="profile">
      <h2 id="profile">{t.account.profile}</h2>
      <dl class="facts">
        {facts.map(([name, fact]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{fact || t.account.none}</dd>
          </div>
        ))}
      </dl>
      {isManagedElsewhere && <p class="hint">{t.account.fromDirectory}</p>}
      {isRecognised && <p class="hint">{t.account.recognised}</p>}
    </section>
  );
}
