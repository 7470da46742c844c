// The frame of the console: its navigation, and the view that the address names.
import { useEffect, useRef, useState } from "preact/hooks";
import { LinkButton } from "../components/button.tsx";
import { Message } from "../components/message.tsx";
import { useTexts } from "../language.ts";
import { PAGES } from "../navigation.ts";
import type { PageProps } from "../start.tsx";
import { Audit } from "./audit/view.tsx";
import { CreateClient } from "./clients/create.tsx";
import { ClientDetail } from "./clients/detail.tsx";
import { ClientList } from "./clients/list.tsx";
import { ALL_CLIENTS } from "./clients/query.ts";
import { Heading } from "./components/heading.tsx";
import { Configuration } from "./configuration.tsx";
import { Credentials } from "./credentials.tsx";
import { Dashboard } from "./dashboard.tsx";
import { LINKS, useRoute } from "./route.ts";
import type { Route } from "./route.ts";
import { useConsoleTexts } from "./texts.ts";
import { CreateUser } from "./users/create.tsx";
import { UserDetail } from "./users/detail.tsx";
import { ImportUsers } from "./users/import.tsx";
import { UserList } from "./users/list.tsx";
import { ALL_USERS } from "./users/query.ts";

type Session = NonNullable<PageProps["session"]>;

const SECTIONS = ["dashboard", "users", "clients", "audit", "credentials", "configuration"] as const;

/** The entry of the navigation that a view belongs to. */
function sectionOf({ view }: Route): (typeof SECTIONS)[number] | undefined {
  if (view === "user" || view === "create" || view === "import") return "users";
  if (view === "client" || view === "create_client") return "clients";
  return view === "not_found" ? undefined : view;
}

export function Console({ session }: { session: Session }) {
  const c = useConsoleTexts();
  const [fragment, route] = useRoute();
  const content = useRef<HTMLDivElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    // The browser keeps the focus and the scroll position when only the fragment changes.
    if (!isFirst.current) {
      content.current?.focus();
      scrollTo(0, 0);
    }
    isFirst.current = false;
  }, [fragment]);
  const current = sectionOf(route);
  return (
    <div class="console">
      <nav aria-label={c.nav.label}>
        {SECTIONS.map((section) => (
          <a key={section} href={LINKS[section]} aria-current={section === current ? "page" : undefined}>
            {c.nav[section]}
          </a>
        ))}
      </nav>
      <div class="view" ref={content} tabIndex={-1}>
        <View key={fragment} route={route} session={session} />
      </div>
    </div>
  );
}

function View({ route, session: { user } }: { route: Route; session: Session }) {
  const c = useConsoleTexts();
  switch (route.view) {
    case "dashboard":
      return <Dashboard />;
    case "users":
      return <KeptUserList />;
    case "create":
      return <CreateUser actor={user} />;
    case "import":
      return <ImportUsers />;
    case "user":
      return <UserDetail id={route.id} actor={user} />;
    case "clients":
      return <KeptClientList actor={user} />;
    case "create_client":
      return <CreateClient actor={user} />;
    case "client":
      return <ClientDetail id={route.id} actor={user} />;
    case "audit":
      return <Audit about={route.about} actor={user} />;
    case "credentials":
      return <Credentials />;
    case "configuration":
      return <Configuration />;
    case "not_found":
      return (
        <>
          <Heading title={c.nav.label} />
          <Message kind="error">{c.notFound}</Message>
        </>
      );
  }
}

/** The list of users keeps its search while another view is open. */
let keptQuery = ALL_USERS;

function KeptUserList() {
  const [query, setQuery] = useState(keptQuery);
  return (
    <UserList
      query={query}
      onQuery={(changed) => {
        keptQuery = changed;
        setQuery(changed);
      }}
    />
  );
}

/** As for users. */
let keptClientQuery = ALL_CLIENTS;

function KeptClientList({ actor }: { actor: Session["user"] }) {
  const [query, setQuery] = useState(keptClientQuery);
  return (
    <ClientList
      query={query}
      actor={actor}
      onQuery={(changed) => {
        keptClientQuery = changed;
        setQuery(changed);
      }}
    />
  );
}

/** For users whose role does not permit administration. */
export function NoAccess() {
  const t = useTexts();
  const c = useConsoleTexts();
  return (
    <div class="card narrow">
      <h1>{c.noAccess.title}</h1>
      <Message kind="error">{c.noAccess.lead}</Message>
      <LinkButton kind="primary" href={PAGES.account}>
        {t.toAccount}
      </LinkButton>
    </div>
  );
}
