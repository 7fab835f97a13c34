#!/usr/bin/env node
/**
 * Builds the desk's assets of a bench. See README.md.
 *
 *   node build.mjs [--bench PATH] [--modules PATH] [--rtl] [--sourcemap] [--force]
 *   node build.mjs --check [--bench PATH]
 *
 * The same settings can come from OMS_BENCH and OMS_NODE_MODULES. Exits 0 when everything is built (or was),
 * 1 on a broken source or, with --check, on a reference to a file that nothing provides.
 */
import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findBundles, readApps } from "./lib/apps.mjs";
import { findMissing } from "./lib/check.mjs";
import { packagesFrom } from "./lib/packages.mjs";
import { clearStamp, fingerprint, isCurrent, writeStamp } from "./lib/stamp.mjs";

const HERE = path.dirname(fileURLToPath(import.meta.url));

/** Settings from the command line and the environment: {bench, modules, rtl, sourcemap, force, check}. */
function readSettings() {
	const { values } = parseArgs({
		options: {
			bench: { type: "string" },
			modules: { type: "string" },
			rtl: { type: "boolean", default: false },
			sourcemap: { type: "boolean", default: false },
			force: { type: "boolean", default: false },
			check: { type: "boolean", default: false },
		},
	});
	const bench = values.bench ?? process.env.OMS_BENCH ?? path.resolve(HERE, "..", "..");
	const modules = values.modules ?? process.env.OMS_NODE_MODULES ?? path.join(HERE, "node_modules");
	if (!existsSync(path.resolve(bench))) throw new Error(`--bench ${bench}: no such folder`);
	// esbuild and Sass report real paths: with a link in between, nothing would match.
	return { ...values, bench: realpathSync(path.resolve(bench)), modules: path.resolve(modules) };
}

/** Builds what is out of date. Prints one line per step. */
async function build(settings) {
	const started = Date.now();
	const { bench, modules, rtl, sourcemap } = settings;
	const apps = readApps(bench);
	const print = fingerprint({ apps, bench, scripts: HERE, options: { rtl, sourcemap } });
	if (!settings.force && isCurrent(bench, print)) {
		console.log("assets: nothing changed since the last build");
		return;
	}
	const load = packagesFrom(modules);
	// Loaded only now: a run with nothing to do must not wait for the compilers.
	const { buildBundles } = await import("./lib/bundle.mjs");
	const { writeOutputs } = await import("./lib/output.mjs");
	const { copyRuntimeLibraries, linkPublicFolders } = await import("./lib/vendor.mjs");
	const { forgetCachedManifest } = await import("./lib/cache.mjs");

	clearStamp(bench);
	console.log("assets: linking public folders and copying run-time libraries");
	const provided = [...linkPublicFolders({ apps, bench }), ...copyRuntimeLibraries({ apps, modules })];
	const bundles = findBundles(apps);
	console.log(`assets: bundling ${bundles.length} bundles of ${apps.map((app) => app.name).join(", ")}`);
	const outputs = await buildBundles({ load, bundles, apps, modules, bench, sourcemap, rtl });
	const manifest = writeOutputs({ outputs, apps, bench });
	await forgetCachedManifest({ load, bench });
	const files = Object.values(manifest).map((url) => path.join(bench, "sites", url));
	writeStamp(bench, print, [...provided, ...files]);
	const size = outputs.reduce((sum, output) => sum + output.text.length, 0);
	const seconds = ((Date.now() - started) / 1000).toFixed(1);
	console.log(`assets: wrote ${outputs.length} files, ${(size / 1e6).toFixed(1)} MB, in ${seconds} s`);
}

/** Prints each broken reference; returns how many there are. */
function check({ bench }) {
	const missing = findMissing({ apps: readApps(bench), bench });
	for (const { reference, file } of missing) console.log(`missing: ${reference} (in ${file})`);
	console.log(
		`assets: ${missing.length || "no"} reference${missing.length === 1 ? "" : "s"} to missing files`,
	);
	return missing.length;
}

try {
	const settings = readSettings();
	if (settings.check) process.exitCode = check(settings) ? 1 : 0;
	else await build(settings);
} catch (error) {
	console.error(`assets: ${error.message}`);
	process.exitCode = 1;
}
