/**
 * Listens to the Redis channel on which Frappe publishes, through restarts of Redis.
 */
const CHANNEL = "events";
const LONGEST_WAIT_MS = 5000;

/**
 * Subscribes and calls onMessage({event, message, room, namespace}) for each well-formed publication.
 *
 * Returns {isReady(), close()}. Never gives up: waits grow to five seconds. What is published while Redis is
 * away is lost, as it is for Frappe itself.
 */
export function openBus({ createClient, url, onMessage }) {
	const client = createClient({
		url,
		pingInterval: 10_000,
		socket: { connectTimeout: 3000, reconnectStrategy: waitBeforeRetry },
	});
	let complained = false;
	client.on("error", (error) => {
		if (!complained)
			console.error(`realtime: Redis is away (${error.code ?? error.message}), trying again`);
		complained = true;
	});
	client.on("ready", () => {
		if (complained) console.log("realtime: Redis is back");
		complained = false;
	});
	const receive = (text) => {
		const publication = parse(text);
		if (publication) onMessage(publication);
	};
	client
		.connect()
		.then(() => client.subscribe(CHANNEL, receive))
		.catch((error) => console.error(`realtime: no subscription: ${error.message}`));
	return {
		isReady: () => client.isReady,
		close: () => client.disconnect().catch(() => {}),
	};
}

function waitBeforeRetry(attempts) {
	return Math.min(100 * 2 ** Math.min(attempts, 10), LONGEST_WAIT_MS) + Math.floor(Math.random() * 100);
}

function parse(text) {
	try {
		const value = JSON.parse(text);
		if (typeof value?.event === "string" && typeof value.namespace === "string") return value;
	} catch {
		// Reported below together with other malformed publications.
	}
	console.error("realtime: dropped a publication that isn't Frappe's");
	return undefined;
}
