import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { isSite, readConfig } from "../config.mjs";
import { isSameHost, readCookie } from "../gate.mjs";
import { freePort } from "./bench.mjs";

const SERVER = fileURLToPath(new URL("../server.mjs", import.meta.url));

let folder;
before(() => {
	folder = mkdtempSync(path.join(os.tmpdir(), "realtime-process-"));
	mkdirSync(path.join(folder, "sites", "oms.test"), { recursive: true });
	writeFileSync(path.join(folder, "sites", "oms.test", "site_config.json"), "{}");
});
after(() => rmSync(folder, { recursive: true }));

function writeConfig(values) {
	writeFileSync(path.join(folder, "sites", "common_site_config.json"), JSON.stringify(values));
}

/** Runs server.mjs; `output` grows, `ended` resolves to the exit code. */
function run() {
	const child = spawn(process.execPath, [SERVER, "--bench", folder], { stdio: ["ignore", "pipe", "pipe"] });
	const running = { child, output: "" };
	for (const stream of [child.stdout, child.stderr])
		stream.on("data", (chunk) => (running.output += chunk));
	running.listening = new Promise((resolve) => child.stdout.once("data", resolve));
	running.ended = new Promise((resolve) => child.once("exit", resolve));
	return running;
}

describe("process", () => {
	it("starts without Redis, says so in its health, and ends cleanly on SIGTERM", async () => {
		const port = await freePort();
		writeConfig({ socketio_port: port, redis_queue: `redis://127.0.0.1:${await freePort()}` });
		const server = run();
		await server.listening;
		const response = await fetch(`http://127.0.0.1:${port}/health`);
		assert.equal(response.status, 503);
		assert.deepEqual(await response.json(), { ok: false, clients: 0, redis: false });
		server.child.kill("SIGTERM");
		assert.equal(await server.ended, 0);
	});

	it("fails with the cause when its port is taken", async () => {
		const taken = net.createServer();
		await new Promise((resolve) => taken.listen(0, "127.0.0.1", resolve));
		writeConfig({
			socketio_port: taken.address().port,
			redis_queue: `redis://127.0.0.1:${await freePort()}`,
		});
		const server = run();
		assert.equal(await server.ended, 1);
		assert.match(server.output, /EADDRINUSE/);
		await new Promise((resolve) => taken.close(resolve));
	});
});

describe("settings", () => {
	it("reads the bench's keys and falls back to Frappe's defaults", () => {
		writeConfig({ socketio_port: "9005", redis_queue: "redis://127.0.0.1:1", webserver_port: 8005 });
		const sitesFolder = path.join(folder, "sites");
		const read = {
			host: "127.0.0.1",
			port: 9005,
			redisUrl: "redis://127.0.0.1:1",
			webPort: 8005,
			sitesFolder,
		};
		assert.deepEqual(readConfig(folder), read);
		writeConfig({});
		const defaults = {
			host: "127.0.0.1",
			port: 9000,
			redisUrl: "redis://127.0.0.1:11000",
			webPort: 8000,
			sitesFolder,
		};
		assert.deepEqual(readConfig(folder), defaults);
	});

	it("knows sites by their folder and never follows a path", () => {
		const sitesFolder = path.join(folder, "sites");
		assert.equal(isSite(sitesFolder, "oms.test"), true);
		for (const name of ["", ".", "..", "../sites/oms.test", "oms.test/", "none.test"]) {
			assert.equal(isSite(sitesFolder, name), false, name);
		}
	});
});

describe("headers", () => {
	it("compares host names and ignores ports", () => {
		assert.equal(isSameHost({ origin: "http://127.0.0.1:8000", host: "127.0.0.1:9000" }), true);
		assert.equal(isSameHost({ origin: "http://[::1]:8000", host: "[::1]:9000" }), true);
		assert.equal(isSameHost({ host: "127.0.0.1:9000" }), true);
		assert.equal(isSameHost({ origin: "http://localhost:8000", host: "127.0.0.1:9000" }), false);
		assert.equal(isSameHost({ origin: "null", host: "127.0.0.1:9000" }), false);
		assert.equal(isSameHost({ origin: "http://127.0.0.1" }), false);
	});

	it("finds a cookie among others", () => {
		assert.equal(readCookie("a=1; sid=abc=; b=2", "sid"), "abc=");
		assert.equal(readCookie("xsid=1", "sid"), undefined);
		assert.equal(readCookie(undefined, "sid"), undefined);
	});
});
