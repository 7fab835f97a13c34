#!/usr/bin/env node
/**
 * Realtime server of a bench: carries what Frappe publishes in Redis to the browsers that may see it.
 *
 *   node server.mjs [--bench PATH] [--modules PATH]
 *
 * Answers GET /health with {ok, clients, redis}. Ends cleanly on SIGTERM and SIGINT. See README.md.
 */
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { packagesFrom } from "../assets/lib/packages.mjs";
import { openBus } from "./bus.mjs";
import { isSite, readConfig } from "./config.mjs";
import { isSameHost, makeGate } from "./gate.mjs";
import { attachClient } from "./rooms.mjs";
import { FrappeWeb } from "./web.mjs";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const MESSAGE_LIMIT_BYTES = 64 * 1024;
const CLOSE_LIMIT_MS = 5000;

/**
 * Starts listening; resolves to {port, close()} once the port is bound. Redis and the web server may come
 * later.
 *
 * config: see readConfig; webTimeoutMs and retryDelaysMs are there for tests.
 */
export async function startServer({ config, load }) {
	const { Server } = load("socket.io");
	const { createClient } = load("redis");
	const web = new FrappeWeb({ port: config.webPort, timeoutMs: config.webTimeoutMs });
	const server = http.createServer((request, response) => answerHealth({ request, response, io, bus }));
	const io = new Server(server, {
		cors: { origin: true, credentials: true },
		allowRequest: ({ headers }, decide) => decide(null, isSameHost(headers)),
		maxHttpBufferSize: MESSAGE_LIMIT_BYTES,
		serveClient: false,
	});
	// One namespace per site, made when its first client comes.
	const namespaces = new Map();
	const sites = io.of((name, _auth, decide) => decide(null, isSite(config.sitesFolder, name.slice(1))));
	sites.use(makeGate({ web, sitesFolder: config.sitesFolder, delaysMs: config.retryDelaysMs }));
	sites.on("connection", (socket) => {
		namespaces.set(socket.nsp.name.slice(1), socket.nsp);
		attachClient(socket, web);
	});
	io.use((_socket, next) => next(new Error("Name a site")));

	// First, so that a taken port leaves nothing else open.
	await listen(server, config);
	const bus = openBus({
		createClient,
		url: config.redisUrl,
		onMessage: ({ event, message, room, namespace }) =>
			// Without a room Frappe means "everybody at a desk"; never visitors of the web site.
			namespaces
				.get(namespace)
				?.to(room || "all")
				.emit(event, message),
	});
	return {
		port: server.address().port,
		close: async () => {
			await bus.close();
			await io.close();
			web.close();
		},
	};
}

function answerHealth({ request, response, io, bus }) {
	const isHealth = request.method === "GET" && request.url === "/health";
	const redis = bus.isReady();
	response.writeHead(isHealth ? (redis ? 200 : 503) : 404, { "Content-Type": "application/json" });
	response.end(
		JSON.stringify(isHealth ? { ok: redis, clients: io.engine.clientsCount, redis } : { ok: false }),
	);
}

function listen(server, { host, port }) {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, host, resolve);
	});
}

async function main() {
	const { values } = parseArgs({ options: { bench: { type: "string" }, modules: { type: "string" } } });
	const bench = path.resolve(values.bench ?? process.env.OMS_BENCH ?? path.join(HERE, "..", ".."));
	const modules =
		values.modules ?? process.env.OMS_NODE_MODULES ?? path.join(HERE, "..", "assets", "node_modules");
	const config = readConfig(bench);
	const running = await startServer({ config, load: packagesFrom(modules) });
	console.log(`realtime: listening on ${config.host}:${running.port}`);
	const stop = () => {
		setTimeout(() => process.exit(1), CLOSE_LIMIT_MS).unref();
		running.close().then(() => process.exit(0));
	};
	process.once("SIGTERM", stop);
	process.once("SIGINT", stop);
}

if (process.argv[1] && fileURLToPath(import.meta.url) === path.resolve(process.argv[1])) {
	main().catch((error) => {
		console.error(`realtime: ${error.message}`);
		process.exitCode = 1;
	});
}
