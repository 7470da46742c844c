// The views of the console, which are in the fragment of its address. An address holds ids, and no personal data.
import { useEffect, useState } from "preact/hooks";

export type Route =
  | { view: "dashboard" | "users" | "create" | "import" | "clients" | "create_client" | "credentials" | "configuration" | "not_found" }
  | { view: "user" | "client"; id: string }
  | { view: "audit"; about: string | null };

const ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const USER = new RegExp(`^#/users/(${ID})$`);
const CLIENT = new RegExp(`^#/clients/(${ID})$`);
const AUDIT = new RegExp(`^#/audit/(${ID})$`);

const VIEWS = {
  "": "dashboard",
  "#/": "dashboard",
  "#/users": "users",
  "#/users/new": "create",
  "#/users/import": "import",
  "#/clients": "clients",
  "#/clients/new": "create_client",
  "#/credentials": "credentials",
  "#/configuration": "configuration",
} as const;

const isView = (fragment: string): fragment is keyof typeof VIEWS => Object.hasOwn(VIEWS, fragment);

export function parseRoute(fragment: string): Route {
  if (isView(fragment)) return { view: VIEWS[fragment] };
  if (fragment === "#/audit") return { view: "audit", about: null };
  const user = USER.exec(fragment)?.[1];
  if (user !== undefined) return { view: "user", id: user };
  const client = CLIENT.exec(fragment)?.[1];
  if (client !== undefined) return { view: "client", id: client };
  const about = AUDIT.exec(fragment)?.[1];
  return about === undefined ? { view: "not_found" } : { view: "audit", about };
}

export const LINKS = {
  dashboard: "#/",
  users: "#/users",
  create: "#/users/new",
  import: "#/users/import",
  clients: "#/clients",
  createClient: "#/clients/new",
  audit: "#/audit",
  credentials: "#/credentials",
  configuration: "#/configuration",
} as const;

export const userLink = (id: string): string => `#/users/${id}`;

export const clientLink = (id: string): string => `#/clients/${id}`;

/** The entries of a user or OAuth client. */
export const auditLink = (id: string): string => `#/audit/${id}`;

/** Whether the text has the form of the id of a user or OAuth client. */
export const isId = (text: string): boolean => new RegExp(`^${ID}$`).test(text);

/** The fragment of the address, and the view that it names. */
export function useRoute(): [fragment: string, route: Route] {
  const [fragment, setFragment] = useState(location.hash);
  useEffect(() => {
    const follow = () => setFragment(location.hash);
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return [fragment, parseRoute(fragment)];
}
