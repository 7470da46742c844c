// The texts of the console. They are apart from those of the other pages, so that the sign-in page does not load them.
import { language, useTexts } from "../language.ts";
import type { Language } from "../language.ts";
import { de } from "./texts/de.ts";
import { en } from "./texts/en.ts";
import type { ConsoleTexts } from "./texts/en.ts";

export type { ConsoleTexts };

const TABLES: Record<Language, ConsoleTexts> = { en, de };

export function useConsoleTexts(): ConsoleTexts {
  // The component renders again when the language changes.
  useTexts();
  return TABLES[language()];
}

/** A number in the language of the user. */
export const formatNumber = (number: number): string => new Intl.NumberFormat(language()).format(number);

const BYTE_UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** A number of bytes in the largest unit that leaves at least one. */
export function formatBytes(bytes: number): string {
  const power = Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const style = { style: "unit", unit: BYTE_UNITS[power] ?? "byte", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(language(), style).format(bytes / 1_000 ** power);
}
