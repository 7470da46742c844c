// The query of the list of users: term, filters and order. The console keeps it while another view is open.
import type { Role, UserSearch } from "../contract.ts";

export type SortChoice = "created_desc" | "created_asc" | "name_asc" | "sign_in_desc";

export interface UserQuery {
  term: string;
  role: Role | "";
  state: "active" | "disabled" | "";
  source: string;
  sort: SortChoice;
}

export const ALL_USERS: UserQuery = { term: "", role: "", state: "", source: "", sort: "created_desc" };

const SORTS = {
  created_desc: { sort: "created_at", order: "desc" },
  created_asc: { sort: "created_at", order: "asc" },
  name_asc: { sort: "username", order: "asc" },
  sign_in_desc: { sort: "last_login", order: "desc" },
} as const satisfies Record<SortChoice, Pick<UserSearch, "sort" | "order">>;

/**
 * The query after a change. Without a term, the service supports no filter by role and source at once, and neither of them in the order
 * of the last sign-in. The latest choice of the administrator counts.
 */
export function changed(query: UserQuery, change: Partial<UserQuery>): UserQuery {
  const next = { ...query, ...change };
  if (next.term.trim() !== "") return next;
  if (change.role) next.source = "";
  if (change.source) next.role = "";
  if (next.sort !== "sign_in_desc") return next;
  if (change.role || change.source) return { ...next, sort: "created_desc" };
  return { ...next, role: "", source: "" };
}

/** The body of the request. A search has the order of its term. */
export function toSearch({ term, role, state, source, sort }: UserQuery): UserSearch {
  const typed = term.trim();
  return {
    ...(typed === "" ? SORTS[sort] : { term: typed }),
    ...(role !== "" && { role }),
    ...(state !== "" && { active: state === "active" }),
    ...(source.trim() !== "" && { source: source.trim() }),
  };
}
