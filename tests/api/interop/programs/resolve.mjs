// Node loads this before a program. It finds packages in the folder PACKAGES, because the programs are in the repository and the
// packages are in a cache. It also finds modules that `@openid/appauth` names without an extension, as bundlers do.
import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const { PACKAGES } = process.env;
const packages = pathToFileURL(path.join(PACKAGES, "package.json")).href;

/** The file that this specifier without an extension means. */
function complete(specifier, parent) {
  const file = fileURLToPath(new URL(specifier, parent));
  const found = [file, `${file}.js`, path.join(file, "index.js")].find((candidate) => path.extname(candidate) && existsSync(candidate));
  return found ? pathToFileURL(found).href : specifier;
}

const folder = new URL(".", packages).href;

registerHooks({
  resolve(specifier, context, next) {
    const { conditions, parentURL } = context;
    const isPackage = !/^(?:[./]|node:|file:)/.test(specifier);
    if (isPackage && !parentURL?.startsWith(folder)) return next(specifier, { ...context, parentURL: packages });
    const isImport = specifier.startsWith(".") && conditions.includes("import");
    return next(isImport ? complete(specifier, parentURL) : specifier, context);
  },
});
