/**
 * Makes running web processes notice a new build.
 */
import path from "node:path";
import { readJson } from "./files.mjs";

/**
 * Deletes Frappe's cached copy of the tables (key `assets_json` in redis_cache). Returns false where no
 * Redis answers: then nothing is running that could hold an old copy.
 */
export async function forgetCachedManifest({ load, bench }) {
	const url = readJson(path.join(bench, "sites", "common_site_config.json"))?.redis_cache;
	if (!url) return false;
	const client = load("redis").createClient({
		url,
		socket: { connectTimeout: 2000, reconnectStrategy: false },
	});
	client.on("error", () => {});
	try {
		await client.connect();
		await client.del("assets_json");
		await client.quit();
		return true;
	} catch {
		return false;
	}
}
