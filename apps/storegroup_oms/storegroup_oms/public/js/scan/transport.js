// Calls to the server that tell "no network" from "refused": a phone in a warehouse has both.

const API = "/api/method/storegroup_oms.api.";
const TIMEOUT_MS = 15_000;

export class NoNetworkError extends Error {}
export class RefusedError extends Error {}

// Returns what the method returns. Throws NoNetworkError, or RefusedError with the server's sentence.
export async function ask(method, path, args = {}) {
	const filled = Object.entries(args).filter(([, value]) => value !== undefined);
	const query = method === "GET" ? `?${new URLSearchParams(filled)}` : "";
	const options = {
		method,
		headers: { Accept: "application/json", "X-Frappe-CSRF-Token": frappe.csrf_token },
		signal: AbortSignal.timeout(TIMEOUT_MS),
	};
	if (method === "POST") {
		options.headers["Content-Type"] = "application/json";
		options.body = JSON.stringify(Object.fromEntries(filled));
	}
	let response, answer;
	try {
		response = await fetch(`${API}${path}${query}`, options);
		answer = await response.json();
	} catch (error) {
		throw new NoNetworkError(String(error));
	}
	// 502 to 504: the proxy answers, the server behind it doesn't.
	if (response.status >= 502) throw new NoNetworkError(response.statusText);
	if (!response.ok) throw new RefusedError(read_message(answer));
	return answer.message ?? null;
}

function read_message(answer) {
	try {
		const messages = JSON.parse(answer._server_messages).map((text) => JSON.parse(text).message);
		return frappe.utils.html2text(messages.join(" "));
	} catch {
		return __("The server refused this. Load the page again.");
	}
}
