// The prose check: spelling, and the words that docs/glossary.md refuses, in documents, comments and API texts. To run it:
// npx cspell --no-progress
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
  files: [
    "*.md",
    "{docs,examples,crates}/**/*.md",
    "{src,crates,tests,xtask,fuzz}/**/*.rs",
    "{src,pages,bench,tests,examples}/**/*.{mjs,ts,tsx}",
    "migrations/*.sql",
    "pages/style.css",
    "wrangler.toml",
    "Cargo.toml",
    "src/routes/openapi.json",
    ".ci/run",
  ],
  ignorePaths: ["CHANGELOG.md", "node_modules", "target", "**/.venv", "tests/openapi/schema.d.ts"],
  flagWords,
  dictionaryDefinitions: [{ name: "project", path: "./cspell-words.txt" }],
  dictionaries: ["project", "software-terms", "rust", "aws"],
  // Code, links and URLs are not prose.
  ignoreRegExpList: ["/```[\\s\\S]*?```/g", "/`[^`\\n]*`/g", "/\\]\\([^)]*\\)/g", "Urls"],
  // Of sources only the comments are prose, and of the OpenAPI document the summaries and descriptions.
  languageSettings: [
    { languageId: "rust", includeRegExpList: ["/(?<!:)\\/\\/.*/g"] },
    { languageId: "javascript,typescript,typescriptreact", includeRegExpList: ["/(?<!:)\\/\\/.*/g", "/\\/\\*[\\s\\S]*?\\*\\//g"] },
    { languageId: "css", includeRegExpList: ["/\\/\\*[\\s\\S]*?\\*\\//g"] },
    { languageId: "sql", includeRegExpList: ["/--.*/g"] },
    { languageId: "toml,shellscript", includeRegExpList: ["/#.*/g"] },
    { languageId: "json", includeRegExpList: ['/"(?:description|summary)":"(?:[^"\\\\]|\\\\.)*"/g'] },
  ],
  // These are the texts of the pages.
  overrides: [{ filename: "**/pages/src/texts/en.ts", languageId: "plaintext" }],
};
