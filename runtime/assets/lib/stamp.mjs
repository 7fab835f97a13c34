/**
 * Decides whether anything has to be built at all, from the state of the inputs and the presence of the
 * outputs.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { walk } from "./apps.mjs";
import { readJson, writeAtomic } from "./files.mjs";

const SOURCE = /\.(js|ts|vue|css|scss|html)$/;
const SCRIPT = /\.mjs$/;

/**
 * Hash over everything that a build depends on: the scripts and the lock by content, the apps' sources by
 * path, size and time of change, and the options.
 */
export function fingerprint({ apps, bench, scripts, options }) {
	const hash = createHash("sha256").update(JSON.stringify(options));
	for (const file of [...walk(scripts, SCRIPT), path.join(scripts, "package-lock.json")]) {
		hash.update(readFileSync(file));
	}
	for (const app of apps) {
		for (const file of walk(app.pkg, SOURCE)) {
			const { size, mtimeMs } = statSync(file);
			hash.update(`${path.relative(bench, file)}\0${size}\0${Math.trunc(mtimeMs)}\n`);
		}
	}
	return hash.digest("hex");
}

/** True when the last finished build had the same fingerprint and all of its outputs are still there. */
export function isCurrent(bench, print) {
	const stamp = readJson(stampPath(bench));
	return stamp?.fingerprint === print && stamp.outputs.every((file) => existsSync(path.join(bench, file)));
}

/** Forgets the last build; called before the first output is touched. */
export function clearStamp(bench) {
	rmSync(stampPath(bench), { force: true });
}

/** Records a finished build; `outputs` are absolute paths. */
export function writeStamp(bench, print, outputs) {
	const relative = outputs.map((file) => path.relative(bench, file));
	writeAtomic(
		stampPath(bench),
		JSON.stringify({ fingerprint: print, outputs: relative }, null, "\t") + "\n",
	);
}

function stampPath(bench) {
	return path.join(bench, "sites", "assets", ".build.json");
}
