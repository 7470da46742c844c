import { type FormEvent, useState, useSyncExternalStore } from "react";
import { ApiError } from "./api";
import { callSignedIn, getSession, type Session, signIn, signOut, subscribe } from "./session";

export function App() {
  const session = useSyncExternalStore(subscribe, getSession);
  const [message, setMessage] = useState("");

  /** Runs an action and shows its error. */
  async function run(action: () => Promise<void>) {
    setMessage("");
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setMessage(error.message);
    }
  }

  return (
    <main>
      <h1>Edge Auth example</h1>
      {session === null ? <SignIn run={run} /> : <SignedIn session={session} run={run} />}
      <p role="alert">{message}</p>
    </main>
  );
}

type Run = (action: () => Promise<void>) => Promise<void>;

function SignIn({ run }: { run: Run }) {
  const [isBusy, setIsBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setIsBusy(true);
    await run(() => signIn(String(form.get("username")), String(form.get("password"))));
    setIsBusy(false);
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <label>
        Username or e-mail address <input name="username" autoComplete="username" required />
      </label>
      <label>
        Password <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <button disabled={isBusy}>Sign in</button>
    </form>
  );
}

interface SessionEntry {
  id: string;
  device: string | null;
  last_used_at: string;
  is_current: boolean;
}

function SignedIn({ session, run }: { session: Session; run: Run }) {
  const [sessions, setSessions] = useState<SessionEntry[]>([]);

  async function list() {
    const body = await callSignedIn<{ sessions: SessionEntry[] }>("GET", "/sessions");
    setSessions(body.sessions);
  }

  return (
    <>
      <p>
        Signed in as <strong>{session.user.username}</strong> until {new Date(session.expires).toLocaleString()}
      </p>
      <button onClick={() => void run(list)}>List sessions</button>
      <button onClick={() => void run(signOut)}>Sign out</button>
      <ul>
        {sessions.map(({ id, device, last_used_at, is_current }) => (
          <li key={id}>
            {device ?? "Unknown device"}, last used {new Date(last_used_at).toLocaleString()}
            {is_current && " (this session)"}
          </li>
        ))}
      </ul>
    </>
  );
}
