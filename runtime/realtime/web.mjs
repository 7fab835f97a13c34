/**
 * Asks Frappe's web server who a session belongs to and what it may read. Holds no permission rule of its
 * own.
 */
import http from "node:http";

const MAX_ANSWER_BYTES = 64 * 1024;

/** Frappe answered, and the answer was no (or the session is unknown). */
export class RefusedError extends Error {}

/** Frappe didn't answer in time or answered with something else than JSON; asking again may help. */
export class UnavailableError extends Error {}

export class FrappeWeb {
	/**
	 * @param {{port: number, timeoutMs?: number}} options loopback port of the web server; limit for a whole
	 * call
	 */
	constructor({ port, timeoutMs = 5000 }) {
		this.port = port;
		this.timeoutMs = timeoutMs;
		this.agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
	}

	/**
	 * Calls a method of frappe.realtime as the session and returns its message. Throws one of the two
	 * errors.
	 */
	async call({ site, host, sid }, method, parameters = {}) {
		const query = new URLSearchParams(parameters).toString();
		const target = `/api/method/frappe.realtime.${method}${query ? `?${query}` : ""}`;
		const headers = { "X-Frappe-Site-Name": site, Accept: "application/json", Cookie: `sid=${sid}` };
		if (host) headers.Host = host;
		const { status, text } = await this.#get(target, headers);
		if (status >= 500) throw new UnavailableError(`${method}: web server answered ${status}`);
		if (status !== 200) throw new RefusedError(`${method}: refused (${status})`);
		try {
			return JSON.parse(text).message;
		} catch {
			throw new UnavailableError(`${method}: web server's answer is not JSON`);
		}
	}

	/** Closes kept connections. */
	close() {
		this.agent.destroy();
	}

	#get(target, headers) {
		return new Promise((resolve, reject) => {
			const fail = (error) => reject(new UnavailableError(error.message));
			// Limits the whole call: a socket timeout alone would let an answer trickle in for ever.
			const signal = AbortSignal.timeout(this.timeoutMs);
			const options = {
				host: "127.0.0.1",
				port: this.port,
				path: target,
				headers,
				agent: this.agent,
				signal,
			};
			const request = http.get(options, (response) => {
				let text = "";
				response.setEncoding("utf8");
				response.on("data", (chunk) => {
					text += chunk;
					if (text.length > MAX_ANSWER_BYTES) request.destroy(new Error("answer too long"));
				});
				response.on("end", () => resolve({ status: response.statusCode, text }));
				response.on("error", fail);
			});
			request.on("error", fail);
		});
	}
}
