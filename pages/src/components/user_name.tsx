// A field that tells password managers to which user a password belongs. It is not shown.
export function UserNameForPasswordManagers({ username }: { username: string }) {
  return <input class="hidden" type="text" name="username" autocomplete="username" value={username} readOnly tabIndex={-1} aria-hidden="true" />;
}
