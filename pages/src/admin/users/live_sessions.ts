// The number of sessions that an action will end.
import { loadUserSessions } from "../client.ts";

/** 0 if it cannot be read; the action then fails for the same reason. */
export async function liveSessions(id: string): Promise<number> {
  const { value } = await loadUserSessions(id);
  return value?.sessions.length ?? 0;
}
