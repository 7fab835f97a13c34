/**
 * Removes from package-lock.json what installing doesn't need: funding pages, deprecation notes and
 * addresses.
 *
 * The repository carries no download addresses; every entry keeps its integrity hash, which is what makes
 * the lock binding. Run by `npm run lock`; exits 1 when an address or an entry without a hash is left.
 */
import { readFileSync, writeFileSync } from "node:fs";

const LOCK = new URL("../package-lock.json", import.meta.url);
const UNNEEDED = ["funding", "deprecated", "resolved"];

const lock = JSON.parse(readFileSync(LOCK, "utf8"));
const unhashed = [];
for (const [path, entry] of Object.entries(lock.packages)) {
	for (const key of UNNEEDED) delete entry[key];
	if (path && !entry.integrity) unhashed.push(path);
}
const text = JSON.stringify(lock, null, "\t") + "\n";
if (unhashed.length || /https?:\/\//.test(text)) {
	console.error(
		`package-lock.json: entries without a hash: ${unhashed.join(", ") || "none"}; or an address is left`,
	);
	process.exit(1);
}
writeFileSync(LOCK, text);
