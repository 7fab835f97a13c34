/**
 * Provides the files that the desk loads by path at run time, and links each app's public folder into
 * sites/assets.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { copyAtomic, linkAtomic } from "./files.mjs";

/**
 * Paths below node_modules that Frappe's scripts name literally (`/assets/frappe/node_modules/...`), each
 * with where the package keeps that file. Only these are copied: a link to the whole folder would publish
 * everything.
 */
export const RUNTIME_LIBRARIES = new Map([
	["ace-builds/src-min-noconflict", "ace-builds/src-min-noconflict"],
	["frappe-gantt/dist/frappe-gantt.css", "frappe-gantt/dist/frappe-gantt.css"],
	["frappe-gantt/dist/frappe-gantt.min.js", "frappe-gantt/dist/frappe-gantt.min.js"],
	["html5-qrcode/dist/html5-qrcode.min.js", "html5-qrcode/html5-qrcode.min.js"],
	["js-sha256/build/sha256.min.js", "js-sha256/build/sha256.min.js"],
	["qz-tray/qz-tray.js", "qz-tray/qz-tray.js"],
]);

/** The code editor asks for this folder in developer mode; the minified files have the same names. */
const ACE_READABLE = "ace-builds/src-noconflict";

/**
 * Copies the run-time libraries below frappe's public folder. Returns the paths that must exist afterwards.
 */
export function copyRuntimeLibraries({ apps, modules }) {
	const frappe = apps.find((app) => app.name === "frappe");
	if (!frappe) return [];
	const target = path.join(frappe.publicDir, "node_modules");
	for (const [served, kept] of RUNTIME_LIBRARIES) {
		const source = path.join(modules, kept);
		if (!existsSync(source))
			throw new Error(`${source} is missing: run npm ci in the folder of package.json again`);
		copyAtomic(source, path.join(target, served));
	}
	linkAtomic(path.join(target, "ace-builds/src-min-noconflict"), path.join(target, ACE_READABLE));
	return [...RUNTIME_LIBRARIES.keys(), ACE_READABLE].map((library) => path.join(target, library));
}

/** Links sites/assets/<app> to the app's public folder, for each app that has one. Returns the links. */
export function linkPublicFolders({ apps, bench }) {
	const links = [];
	for (const app of apps) {
		if (!existsSync(app.publicDir)) continue;
		const link = path.join(bench, "sites", "assets", app.name);
		linkAtomic(app.publicDir, link);
		links.push(link);
	}
	return links;
}
