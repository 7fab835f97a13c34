/**
 * Decides who may connect: same host, an existing site, a session that the web server knows.
 */
import { isSite } from "./config.mjs";
import { RefusedError, UnavailableError } from "./web.mjs";

const RETRY_DELAYS_MS = [300, 1000, 3000];

/**
 * Refuses a handshake from a page of another host (cross-site WebSocket hijacking). Ports may differ.
 *
 * A browser always names the origin of a cross-site request; without one there is no page to defend against.
 */
export function isSameHost({ origin, host }) {
	if (origin === undefined) return true;
	try {
		return new URL(origin).hostname === new URL(`http://${host}`).hostname;
	} catch {
		return false;
	}
}

/** Value of a cookie in a Cookie header, or undefined. */
export function readCookie(header, name) {
	for (const part of (header ?? "").split(";")) {
		const at = part.indexOf("=");
		if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
	}
	return undefined;
}

/**
 * Middleware of a namespace: puts {session, user, userType} into socket.data or refuses the connection.
 *
 * While the web server is starting it is asked again for some seconds: a refused client wouldn't come back
 * by itself.
 */
export function makeGate({ web, sitesFolder, delaysMs = RETRY_DELAYS_MS }) {
	return async function gate(socket, next) {
		const { headers } = socket.request;
		const site = socket.nsp.name.slice(1);
		const sid = readCookie(headers.cookie, "sid");
		if (!isSite(sitesFolder, site)) return next(new Error("Unknown site"));
		if (!sid) return next(new Error("Log in first: no session cookie"));
		const session = { site, host: headers.host, sid };
		try {
			const info = await askAgain(() => web.call(session, "get_user_info"), delaysMs);
			if (!info?.user) throw new RefusedError("get_user_info: no user");
			Object.assign(socket.data, { session, user: info.user, userType: info.user_type });
			return next();
		} catch (error) {
			if (!(error instanceof RefusedError))
				console.error(`realtime: log-in of a client failed: ${error.message}`);
			return next(
				new Error(error instanceof RefusedError ? "Session refused" : "Web server doesn't answer"),
			);
		}
	};
}

async function askAgain(ask, delaysMs) {
	for (const delay of delaysMs) {
		try {
			return await ask();
		} catch (error) {
			if (!(error instanceof UnavailableError)) throw error;
			await new Promise((resolve) => setTimeout(resolve, delay));
		}
	}
	return ask();
}
