/**
 * Loads npm packages from a given node_modules folder, wherever the importing file stands.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** Returns load(name) -> the package's CommonJS exports. Throws with the cure when the folder is missing. */
export function packagesFrom(modules) {
	if (!existsSync(modules)) {
		throw new Error(
			`${modules} is missing: run "npm ci --ignore-scripts --legacy-peer-deps" in runtime/assets`,
		);
	}
	return createRequire(path.join(path.resolve(modules), "anchor.cjs"));
}
