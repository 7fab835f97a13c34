/**
 * Small file operations that leave either the old state or the new one, never half of either.
 */
import {
	cpSync,
	existsSync,
	lstatSync,
	mkdirSync,
	readFileSync,
	readlinkSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import path from "node:path";

/** Parsed JSON of a file, or undefined where it is missing or broken. */
export function readJson(file) {
	try {
		return JSON.parse(readFileSync(file, "utf8"));
	} catch {
		return undefined;
	}
}

/** Writes through a temporary file in the same folder and a rename. */
export function writeAtomic(file, text) {
	mkdirSync(path.dirname(file), { recursive: true });
	const draft = `${file}.${process.pid}.tmp`;
	writeFileSync(draft, text);
	renameSync(draft, file);
}

/**
 * Copies a file or a folder by way of a temporary name, replacing what is there. Same size and time: left
 * alone.
 */
export function copyAtomic(source, target) {
	const from = statSync(source);
	if (from.isFile() && existsSync(target)) {
		const to = statSync(target);
		if (to.size === from.size && Math.abs(to.mtimeMs - from.mtimeMs) < 1) return;
	}
	mkdirSync(path.dirname(target), { recursive: true });
	const draft = `${target}.${process.pid}.tmp`;
	rmSync(draft, { recursive: true, force: true });
	cpSync(source, draft, { recursive: true, preserveTimestamps: true });
	if (from.isDirectory()) rmSync(target, { recursive: true, force: true });
	renameSync(draft, target);
}

/** Makes `link` a relative symbolic link to `target`; a real folder in its place is replaced. */
export function linkAtomic(target, link) {
	const wanted = path.relative(path.dirname(link), target);
	const current = lstatSync(link, { throwIfNoEntry: false });
	if (current?.isSymbolicLink() && readlinkSync(link) === wanted) return;
	mkdirSync(path.dirname(link), { recursive: true });
	const draft = `${link}.${process.pid}.tmp`;
	rmSync(draft, { recursive: true, force: true });
	symlinkSync(wanted, draft);
	if (current?.isDirectory()) rmSync(link, { recursive: true, force: true });
	renameSync(draft, link);
}
