/**
 * A bench in small for tests: a sites folder, a real Redis on a free loopback port, and a web server that
 * plays Frappe.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { packagesFrom } from "../../assets/lib/packages.mjs";
import { startServer } from "../server.mjs";

const MODULES =
	process.env.OMS_NODE_MODULES ?? fileURLToPath(new URL("../../assets/node_modules", import.meta.url));
export const load = packagesFrom(MODULES);
export const SITE = "oms.test";

/** Sessions that the fake Frappe knows: sid -> {user, user_type, reads: documents and DocTypes}. */
const SESSIONS = {
	"sid-alice": { user: "alice@example.com", user_type: "System User", reads: ["Order", "Order/SO-1"] },
	"sid-bob": { user: "bob@example.com", user_type: "System User", reads: [] },
	Guest: { user: "Guest", user_type: null, reads: [] },
};

/** A port that was free a moment ago. */
export async function freePort() {
	const server = net.createServer();
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	return port;
}

/** Waits until check() is truthy and returns its value; fails after five seconds. */
export async function until(check, what) {
	const end = Date.now() + 5000;
	while (Date.now() < end) {
		const value = await check();
		if (value) return value;
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	throw new Error(`waited in vain for ${what}`);
}

/** Starts redis-server on a port; {stop()} ends it and resolves when it is gone. */
export async function startRedis(port) {
	const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
	const child = spawn("redis-server", options, { stdio: "ignore", cwd: os.tmpdir() });
	await until(() => canConnect(port), "redis-server");
	return {
		stop: () =>
			new Promise((resolve) => {
				child.once("exit", resolve);
				child.kill("SIGTERM");
			}),
	};
}

function canConnect(port) {
	return new Promise((resolve) => {
		const socket = net.connect(port, "127.0.0.1", () => {
			socket.destroy();
			resolve(true);
		});
		socket.on("error", () => resolve(false));
	});
}

/**
 * Answers like frappe.realtime's methods and keeps the requests it saw; `state.mode` can be made to
 * misbehave.
 */
async function startWeb() {
	const state = { mode: "normal", requests: [] };
	const server = http.createServer((request, response) => {
		const url = new URL(request.url, "http://web");
		state.requests.push({ path: url.pathname, headers: request.headers });
		const send = (status, body) => {
			response.writeHead(status, { "Content-Type": "application/json" });
			response.end(JSON.stringify(body));
		};
		if (state.mode === "silent") return undefined;
		if (state.mode === "down") return send(502, {});
		const sid = /sid=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
		const session = request.headers["x-frappe-site-name"] === SITE ? SESSIONS[sid] : undefined;
		if (!session) return send(401, { exc_type: "AuthenticationError" });
		const { doctype, docname } = Object.fromEntries(url.searchParams);
		if (url.pathname.endsWith(".get_user_info")) {
			return send(200, { message: { user: session.user, user_type: session.user_type } });
		}
		const wanted = docname ? `${doctype}/${docname}` : doctype;
		return session.reads.includes(wanted)
			? send(200, { message: true })
			: send(403, { exc_type: "PermissionError" });
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	const close = () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve)));
	return { state, port: server.address().port, close };
}

/**
 * Starts everything: {port, web, redisPort, connect(options), publish(publication), restartRedis(),
 * close()}.
 *
 * connect() gives a connected client (or rejects) with `client.seen`, the list of [event, payload] it
 * received.
 */
export async function startBench() {
	const folder = mkdtempSync(path.join(os.tmpdir(), "realtime-test-"));
	for (const site of [SITE, "other.test"]) {
		mkdirSync(path.join(folder, site));
		writeFileSync(path.join(folder, site, "site_config.json"), "{}");
	}
	const redisPort = await freePort();
	let redis = await startRedis(redisPort);
	const web = await startWeb();
	const redisUrl = `redis://127.0.0.1:${redisPort}`;
	const times = { webTimeoutMs: 300, retryDelaysMs: [50, 100] };
	const config = { host: "127.0.0.1", port: 0, redisUrl, webPort: web.port, sitesFolder: folder, ...times };
	const server = await startServer({ config, load });
	const clients = [];
	const publisher = load("redis").createClient({ url: redisUrl });
	publisher.on("error", () => {});
	await publisher.connect();
	await until(() => isHealthy(server.port), "health");
	return {
		port: server.port,
		web,
		connect: (options) => connect(server.port, clients, options),
		publish: (publication) =>
			publisher.publish("events", JSON.stringify({ namespace: SITE, message: {}, ...publication })),
		stopRedis: () => redis.stop(),
		startRedis: async () => (redis = await startRedis(redisPort)),
		close: async () => {
			for (const client of clients) client.disconnect();
			await publisher.disconnect();
			await server.close();
			await web.close();
			await redis.stop();
			rmSync(folder, { recursive: true });
		},
	};
}

/** Answer of /health: true or false for its `ok`. */
export async function isHealthy(port) {
	const response = await fetch(`http://127.0.0.1:${port}/health`);
	return (await response.json()).ok;
}

function connect(
	port,
	clients,
	{ sid, site = SITE, origin = `http://127.0.0.1:${port + 1}`, transports } = {},
) {
	const extraHeaders = { ...(sid && { Cookie: `x=1; sid=${sid}` }), ...(origin && { Origin: origin }) };
	const client = load("socket.io-client").io(`http://127.0.0.1:${port}/${site}`, {
		extraHeaders,
		forceNew: true,
		reconnection: false,
		transports: transports ?? ["polling", "websocket"],
	});
	clients.push(client);
	client.seen = [];
	client.onAny((event, payload) => client.seen.push([event, payload]));
	return new Promise((resolve, reject) => {
		client.once("connect", () => resolve(client));
		client.once("connect_error", reject);
	});
}
