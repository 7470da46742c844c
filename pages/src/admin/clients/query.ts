// The query of the list of OAuth clients. The console keeps it while another view is open.
export interface ClientQuery {
  term: string;
  state: "active" | "disabled" | "";
}

export const ALL_CLIENTS: ClientQuery = { term: "", state: "" };

/** The parameters of the request. */
export function toParameters({ term, state }: ClientQuery): { term?: string; active?: boolean } {
  const typed = term.trim();
  return { ...(typed !== "" && { term: typed }), ...(state !== "" && { active: state === "active" }) };
}
