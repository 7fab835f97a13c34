/**
 * Puts built bundles where Frappe serves them, and writes the two tables by which it finds them.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { readJson, writeAtomic } from "./files.mjs";

const FOLDERS = ["js", "css", "css-rtl"];

/** Paths of the tables of a bench: {plain, rtl}. */
export function manifestPaths(bench) {
	const folder = path.join(bench, "sites", "assets");
	return { plain: path.join(folder, "assets.json"), rtl: path.join(folder, "assets-rtl.json") };
}

/** Both tables merged, as frappe.utils.get_assets_json reads them: {key: "/assets/app/dist/..."}. */
export function readManifest(bench) {
	const { plain, rtl } = manifestPaths(bench);
	return { ...readJson(plain), ...readJson(rtl) };
}

/**
 * Writes each output under <app>/public/dist with its content hash in the name, then the tables.
 *
 * Files of the build before are kept, since a page in somebody's browser or in the cache still asks for
 * them; older ones go. Returns the merged table.
 */
export function writeOutputs({ outputs, apps, bench }) {
	const before = new Set(Object.values(readManifest(bench)));
	const plain = {};
	const rtl = {};
	for (const output of outputs) {
		const url = writeOutput(output);
		if (output.kind === "css-rtl") rtl[`rtl_${output.bundle.key}`] = url;
		else plain[output.bundle.key] = url;
	}
	const { plain: plainPath, rtl: rtlPath } = manifestPaths(bench);
	writeAtomic(rtlPath, JSON.stringify(rtl, null, "\t") + "\n");
	writeAtomic(plainPath, JSON.stringify(plain, null, "\t") + "\n");
	prune(apps, new Set([...before, ...Object.values(plain), ...Object.values(rtl)]));
	return { ...plain, ...rtl };
}

function writeOutput({ bundle, kind, text, map }) {
	const extension = path.extname(bundle.key);
	const stem = path.basename(bundle.key, extension);
	const hash = createHash("sha256").update(text).digest("hex").slice(0, 8).toUpperCase();
	const name = `${stem}.${hash}${extension}`;
	const dist = path.join(bundle.app.publicDir, "dist");
	// The folder is generated inside a source tree: it hides itself from git.
	if (!existsSync(path.join(dist, ".gitignore"))) writeAtomic(path.join(dist, ".gitignore"), "*\n");
	if (map) {
		text = text.replace(`sourceMappingURL=${bundle.key}.map`, `sourceMappingURL=${name}.map`);
		writeAtomic(path.join(dist, kind, `${name}.map`), map);
	}
	const file = path.join(dist, kind, name);
	if (!existsSync(file)) writeAtomic(file, text);
	return `/assets/${bundle.app.name}/dist/${kind}/${name}`;
}

function prune(apps, kept) {
	for (const app of apps) {
		for (const folder of FOLDERS) {
			const full = path.join(app.publicDir, "dist", folder);
			if (!existsSync(full)) continue;
			for (const name of readdirSync(full)) {
				const url = `/assets/${app.name}/dist/${folder}/${name.replace(/\.map$/, "")}`;
				if (!kept.has(url)) rmSync(path.join(full, name), { recursive: true });
			}
		}
	}
}
