// The language of the pages: the one that was chosen on a page, otherwise the first language of the address (`ui_locales`) or of the
// browser that has a table.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { UI_LOCALES } from "./navigation.ts";
import { de } from "./texts/de.ts";
import { en } from "./texts/en.ts";
import type { Texts } from "./texts/en.ts";

export type { Texts };

const TABLES = { en, de } satisfies Record<string, Texts>;

export type Language = keyof typeof TABLES;

export const LANGUAGES = Object.keys(TABLES) as Language[];

const STORED = "edge-auth-language";

const isLanguage = (text: string | null): text is Language => text !== null && Object.hasOwn(TABLES, text);

let current: Language = stored() ?? preferred();

function stored(): Language | undefined {
  try {
    const text = localStorage.getItem(STORED);
    return isLanguage(text) ? text : undefined;
  } catch {
    // The browser denies storage to this site.
    return undefined;
  }
}

function preferred(): Language {
  const ofAddress = new URLSearchParams(location.search).get(UI_LOCALES) ?? "";
  const codes = [...ofAddress.split(" "), ...navigator.languages].map((tag) => tag.toLowerCase().split("-")[0] ?? "");
  return codes.find(isLanguage) ?? "en";
}

export const language = (): Language => current;

export const texts = (): Texts => TABLES[current];

/** Keeps the choice for later pages. */
export function choose(chosen: Language): void {
  current = chosen;
  try {
    localStorage.setItem(STORED, chosen);
  } catch {
    // The choice then lasts until the next page.
  }
}

/** The texts, for components, which render again when the language changes. */
export const TextsContext = createContext<Texts>(texts());

export const useTexts = (): Texts => useContext(TextsContext);

/** A name in a sentence. Names may be written from right to left, which must not change the order of the sentence. */
export const isolated = (name: string): string => `\u2068${name}\u2069`;

/** A time of the API, in the language and the time zone of the user. */
export function formatTime(time: string): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(time));
}
