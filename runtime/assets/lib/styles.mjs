/**
 * Turns SCSS into CSS the way Frappe's sources expect it: `~package/file` and `app/public/file` are both
 * found.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** Returns compile(text, file) -> CSS text. Throws Sass errors, which name the file and the line. */
export function makeScssCompiler({ load, modules, apps }) {
	const sass = load("sass");
	const tilde = {
		findFileUrl(url) {
			return url.startsWith("~") ? pathToFileURL(path.join(modules, url.slice(1))) : null;
		},
	};
	const loadPaths = [modules, ...apps.map((app) => app.root)].filter(existsSync);
	return function compile(text, file) {
		return sass.compileString(text, {
			url: pathToFileURL(file),
			loadPaths: [path.dirname(file), ...loadPaths],
			importers: [tilde],
			// Frappe's own sources use division and colour functions that newer Sass warns about.
			logger: sass.Logger.silent,
		}).css;
	};
}
