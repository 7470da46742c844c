// The user of the session on a page that an application has opened.

interface NamedUserProps {
  user: { name: string; username: string };
}

/** The user name too, because users can have several accounts with the same name. */
export function NamedUser({ user: { name, username } }: NamedUserProps) {
  if (!name) return <bdi>{username}</bdi>;
  return (
    <>
      <bdi>{name}</bdi> <bdi class="hint">{username}</bdi>
    </>
  );
}
