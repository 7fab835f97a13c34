/**
 * Reads where the realtime server listens and whom it talks to, from the bench's common_site_config.json.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

const SITE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * Returns {host, port, redisUrl, webPort, sitesFolder}.
 *
 * Keys: socketio_port (9000), socketio_bind (127.0.0.1), redis_queue (Frappe publishes there; redis_socketio
 * where it is missing), webserver_port (8000). Throws when the file is missing or broken.
 */
export function readConfig(bench) {
	const sitesFolder = path.join(bench, "sites");
	const file = path.join(sitesFolder, "common_site_config.json");
	if (!existsSync(file))
		throw new Error(`${file} is missing: --bench must name the root of a prepared bench`);
	const common = JSON.parse(readFileSync(file, "utf8"));
	return {
		host: common.socketio_bind ?? "127.0.0.1",
		port: Number(common.socketio_port ?? 9000),
		redisUrl: common.redis_queue ?? common.redis_socketio ?? "redis://127.0.0.1:11000",
		webPort: Number(common.webserver_port ?? 8000),
		sitesFolder,
	};
}

/**
 * True when the bench has a site of this name. The name comes from the network: it is never used as a path
 * before.
 */
export function isSite(sitesFolder, name) {
	return SITE_NAME.test(name) && existsSync(path.join(sitesFolder, name, "site_config.json"));
}
