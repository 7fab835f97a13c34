/**
 * Knows where a bench keeps its apps, their public folders and their bundles. Reads only.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const BUNDLE = /\.bundle\.(js|ts|css|scss)$/;
const SKIPPED_FOLDERS = new Set(["node_modules", "dist", "__pycache__", ".git"]);

/**
 * Apps of the bench, in the order of sites/apps.txt: [{name, root, pkg, publicDir}]; publicDir may not
 * exist.
 */
export function readApps(bench) {
	const list = path.join(bench, "sites", "apps.txt");
	if (!existsSync(list)) throw new Error(`${list} is missing: --bench must name the root of a bench`);
	const names = readFileSync(list, "utf8").split(/\s+/).filter(Boolean);
	return names.map((name) => {
		const root = path.join(bench, "apps", name);
		const pkg = path.join(root, name);
		if (!existsSync(pkg)) throw new Error(`App ${name} stands in sites/apps.txt, but ${pkg} is missing`);
		return { name, root, pkg, publicDir: path.join(pkg, "public") };
	});
}

/** Every file below a folder whose name matches, sorted; generated and installed folders are skipped. */
export function walk(folder, pattern) {
	const found = [];
	if (!existsSync(folder)) return found;
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		const full = path.join(folder, entry.name);
		if (entry.isDirectory()) {
			if (!SKIPPED_FOLDERS.has(entry.name)) found.push(...walk(full, pattern));
		} else if (pattern.test(entry.name)) {
			found.push(full);
		}
	}
	return found.sort();
}

/**
 * Bundles of all apps: [{app, source, kind: "js" | "css", key}].
 *
 * `key` is the name that Frappe looks up (`desk.bundle.css` for `desk.bundle.scss`). One name has one
 * namespace over all apps, so a second bundle of the same key is refused: Frappe would silently serve only
 * one of them.
 */
export function findBundles(apps) {
	const bundles = new Map();
	for (const app of apps) {
		for (const source of walk(app.publicDir, BUNDLE)) {
			const kind = /\.(js|ts)$/.test(source) ? "js" : "css";
			const key = path.basename(source).replace(/\.\w+$/, `.${kind}`);
			const other = bundles.get(key);
			if (other)
				throw new Error(`Two bundles would both be called ${key}: ${other.source} and ${source}`);
			bundles.set(key, { app, source, kind, key });
		}
	}
	return [...bundles.values()];
}
