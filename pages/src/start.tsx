// Starts a page: loads what every page needs, shows the page or why it cannot be shown, and follows the other tabs.
import { render } from "preact";
import type { ComponentType } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { applyAccent } from "./accent.ts";
import { api, call } from "./api.ts";
import type { Failure, User } from "./api.ts";
import { Button } from "./components/button.tsx";
import { Layout } from "./components/layout.tsx";
import { Message } from "./components/message.tsx";
import { failureText } from "./failures.ts";
import { TextsContext, language, texts } from "./language.ts";
import type { Texts } from "./language.ts";
import { PAGES, RETURN_TO, signInAgain } from "./navigation.ts";
import { onAnnouncement } from "./tabs.ts";

/** What every page gets. */
export interface PageProps {
  options: Options;
  session: Session;
}

export interface Definition {
  title: (texts: Texts) => string;
  /** Whether the page needs a session, shows one if there is one, or does not ask for it. */
  session: "required" | "shown" | "ignored";
  isWide?: boolean;
  view: ComponentType<PageProps>;
}

export type Options = Awaited<ReturnType<typeof loadOptions>>;

type LoadedSession = Awaited<ReturnType<typeof loadSession>>;

/** The session of the browser, if a page has asked for it and there is one. */
export type Session = (LoadedSession & { user: User }) | null;

/** Why a page could not be loaded. */
class LoadFailure extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.code);
    this.failure = failure;
  }
}

async function loadOptions() {
  const target = new URLSearchParams(location.search).get(RETURN_TO);
  const query = target === null ? {} : { [RETURN_TO]: target };
  const { value, failure } = await call(api.GET("/api/auth/sign-in-options", { params: { query } }));
  if (failure !== undefined) throw new LoadFailure(failure);
  return value;
}

async function loadSession() {
  const { value, failure } = await call(api.GET("/api/auth/session"));
  if (failure !== undefined) throw new LoadFailure(failure);
  return value;
}

/** Shows this page. */
export function start(definition: Definition): void {
  // The browser may keep a page with personal data in memory while the user signs out.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) location.reload();
  });
  const container = document.getElementById("page");
  if (container === null) return;
  void load(definition).then((loaded) => {
    if (loaded === "leaving") return;
    container.replaceChildren();
    render(<Page definition={definition} loaded={loaded} />, container);
  });
}

type Loaded = PageProps | { failure: Failure };

async function load({ session: need }: Definition): Promise<Loaded | "leaving"> {
  try {
    const [options, session] = await Promise.all([loadOptions(), need === "ignored" ? null : loadSession()]);
    applyAccent(options.branding.accent_color);
    if (session?.user) {
      return { options, session: { ...session, user: session.user } };
    }
    if (need !== "required") return { options, session: null };
    signInAgain({ hasExpired: false });
    return "leaving";
  } catch (error) {
    const unknown = { code: "unknown", status: 0, retryAfter: null };
    return { failure: error instanceof LoadFailure ? error.failure : unknown };
  }
}

function Page({ definition, loaded }: { definition: Definition; loaded: Loaded }) {
  const [table, setTable] = useState(texts);
  const branding = "options" in loaded ? loaded.options.branding : undefined;
  const title = definition.title(table);
  useLayoutEffect(() => {
    document.documentElement.lang = language();
    document.title = branding === undefined ? title : `${title} · ${branding.name}`;
  }, [title, branding]);
  useEffect(() => {
    if (definition.session !== "required") return;
    onAnnouncement((announcement) => {
      if (announcement === "signed_out") location.replace(PAGES.signedOut);
      // The page may show another user.
      else location.reload();
    });
  }, [definition]);
  const View = definition.view;
  return (
    <TextsContext.Provider value={table}>
      <Layout branding={branding} isWide={definition.isWide ?? false} onLanguage={() => setTable(texts())}>
        {"options" in loaded ? <View {...loaded} /> : <NotLoaded title={title} failure={loaded.failure} />}
      </Layout>
    </TextsContext.Provider>
  );
}

function NotLoaded({ title, failure }: { title: string; failure: Failure }) {
  const table = texts();
  return (
    <>
      <h1>{title}</h1>
      <Message kind="error">{failureText(table, failure)}</Message>
      <Button kind="primary" onClick={() => location.reload()}>
        {table.retry}
      </Button>
    </>
  );
}
