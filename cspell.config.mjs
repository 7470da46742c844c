// The prose check: spelling, and the words that docs/glossary.md refuses. `npx cspell --no-progress` runs it.
import { readFileSync } from "node:fs";

const glossary = readFileSync(new URL("docs/glossary.md", import.meta.url), "utf8");

/** The words in code style in the last column of the glossary's tables. */
const flagWords = glossary
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .flatMap((line) => line.split("|").at(-2).match(/`[^`]+`/g) ?? [])
  .map((word) => word.slice(1, -1));
if (flagWords.length < 10) throw new Error(`docs/glossary.md refuses only ${flagWords}`);

export default {
  version: "0.2",
  language: "en-GB,en",
  files: ["*.md", "docs/**/*.md", "examples/*/README.md"],
  ignorePaths: ["CHANGELOG.md"],
  flagWords,
  dictionaryDefinitions: [{ name: "project", path: "./cspell-words.txt" }],
  dictionaries: ["project", "software-terms", "rust", "aws"],
  // Code, links and URLs are not prose.
  ignoreRegExpList: ["/```[\\s\\S]*?```/g", "/`[^`\\n]*`/g", "/\\]\\([^)]*\\)/g", "Urls"],
};
