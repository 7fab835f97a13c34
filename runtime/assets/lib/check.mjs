/**
 * Finds references to assets that nothing provides: in the apps' sources and in what was built.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { walk } from "./apps.mjs";
import { readManifest } from "./output.mjs";

const SOURCE = /\.(py|js|ts|vue|html|css|scss|json)$/;
const ASSET_PATH = /(?<![\w.-])\/?assets\/([a-z_]\w*)\/([\w./@-]*)/g;
const CSS_URL = /url\(\s*["']?([^"')]+)["']?\s*\)/g;
const BUNDLE_NAME = /["'`]([\w-]+\.bundle\.(?:js|css))["'`]/g;

/** References that lead nowhere on purpose: "reference" -> why. */
const EXEMPT = new Map([["/assets/frappe/images/filename.jpg", "an example in a docstring"]]);

/** Sources that name assets of other benches or of tests. */
const SKIPPED_SOURCES = /[\\/](tests|boilerplate\.py|test_[\w]+\.py|translations|cypress)([\\/]|$)/;

/** Every broken reference: [{reference, file}], sorted, each reference once. */
export function findMissing({ apps, bench }) {
	const manifest = readManifest(bench);
	const missing = new Map();
	const report = (reference, file) => {
		if (!EXEMPT.has(reference) && !missing.has(reference))
			missing.set(reference, path.relative(bench, file));
	};
	const names = new Set(apps.map((app) => app.name));
	for (const app of apps) {
		for (const file of walk(app.pkg, SOURCE)) {
			if (SKIPPED_SOURCES.test(path.relative(app.pkg, file))) continue;
			const text = readFileSync(file, "utf8");
			checkPaths(text, names, bench, (reference) => report(reference, file));
			if (!isBundleSource(file))
				checkBundleNames(text, manifest, (reference) => report(reference, file));
		}
	}
	for (const url of Object.values(manifest)) {
		const file = path.join(bench, "sites", url);
		if (!existsSync(file)) {
			report(url, path.join(bench, "sites", "assets", "assets.json"));
			continue;
		}
		const text = readFileSync(file, "utf8");
		checkPaths(text, names, bench, (reference) => report(reference, file));
		if (file.endsWith(".css")) checkUrls(text, file, (reference) => report(reference, file));
	}
	return [...missing]
		.map(([reference, file]) => ({ reference, file }))
		.sort((a, b) => (a.reference < b.reference ? -1 : 1));
}

/** A bundle's own `import "./x.bundle.js"` is resolved by esbuild, not by the tables. */
function isBundleSource(file) {
	return /\.bundle\.\w+$/.test(file);
}

function checkPaths(text, names, bench, report) {
	for (const [, app, rest] of text.matchAll(ASSET_PATH)) {
		if (!names.has(app)) continue;
		// A trailing dot ends a sentence; a path ending in a slash or cut short by a placeholder names a
		// folder.
		const wanted = rest.replace(/[.-]+$/, "");
		if (!existsSync(path.join(bench, "sites", "assets", app, wanted))) report(`/assets/${app}/${wanted}`);
	}
}

function checkBundleNames(text, manifest, report) {
	for (const [, name] of text.matchAll(BUNDLE_NAME)) {
		if (!(name in manifest)) report(name);
	}
}

function checkUrls(text, file, report) {
	for (const [, url] of text.matchAll(CSS_URL)) {
		if (/^(data:|#|\/|[a-z]+:)/i.test(url.trim())) continue;
		if (!existsSync(path.resolve(path.dirname(file), url.split(/[?#]/)[0]))) report(url);
	}
}
