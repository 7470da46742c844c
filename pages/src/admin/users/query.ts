// What the list of users shows: the term, the filters and the order. The console keeps it while another view is open.
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

/** The body of the request. A search has the order of its term. */
export function toSearch({ term, role, state, source, sort }: UserQuery): UserSearch {
  const typed = term.trim();
  return {
    ...(typed === "" ? SORTS[sort] : { term: typed }),
    ...(role !== "" && { role }),
    ...(state !== "" && { active: state === "active" }),
    ...(source !== "" && { source }),
  };
}
