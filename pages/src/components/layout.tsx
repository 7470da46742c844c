// The frame of every page: the brand, the choice of the language, and the link to help.
import type { ComponentChildren } from "preact";
import { LANGUAGES, choose, language, useTexts } from "../language.ts";
import type { Language } from "../language.ts";
import { safeUrl } from "../navigation.ts";
import { de } from "../texts/de.ts";
import { en } from "../texts/en.ts";

export interface Branding {
  name: string;
  logo: string | null;
  support_url: string | null;
}

interface LayoutProps {
  branding: Branding | undefined;
  isWide: boolean;
  onLanguage: () => void;
  children: ComponentChildren;
}

export function Layout({ branding, isWide, onLanguage, children }: LayoutProps) {
  const t = useTexts();
  const support = safeUrl(branding?.support_url ?? null);
  return (
    <div class={isWide ? "page wide" : "page"}>
      <header>
        <p class="brand">
          {branding?.logo && <img src={branding.logo} alt="" width="32" height="32" />}
          <span>{branding?.name}</span>
        </p>
        <LanguageChoice onChange={onLanguage} />
      </header>
      <main class={isWide ? undefined : "card"}>{children}</main>
      <footer>
        {support && (
          <a href={support} rel="noreferrer">
            {t.support}
          </a>
        )}
      </footer>
    </div>
  );
}

const NAMES: Record<Language, string> = { en: en.name, de: de.name };

function LanguageChoice({ onChange }: { onChange: () => void }) {
  const t = useTexts();
  return (
    <select
      class="language"
      aria-label={t.language}
      value={language()}
      onChange={({ currentTarget }) => {
        const chosen = LANGUAGES.find((code) => code === currentTarget.value);
        if (chosen !== undefined) choose(chosen);
        onChange();
      }}
    >
      {LANGUAGES.map((code) => (
        <option key={code} value={code} lang={code}>
          {NAMES[code]}
        </option>
      ))}
    </select>
  );
}
