import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { isHealthy, startBench, until } from "./bench.mjs";

const ORDER_ROOM = "doc:Order/SO-1";

let bench;
before(async () => (bench = await startBench()));
after(() => bench.close());
beforeEach(() => (bench.web.state.mode = "normal"));

/** Resolves when everything that the client asked for before has been worked through. */
async function settled(client) {
	client.emit("task_subscribe", "marker");
	const id = String(Math.random());
	await until(async () => {
		await bench.publish({ event: "marker", message: id, room: "task_progress:marker" });
		return client.seen.some(([event, payload]) => event === "marker" && payload === id);
	}, "the client's own marker");
}

const received = (client, event) =>
	client.seen.filter(([name]) => name === event).map(([, payload]) => payload);

describe("handshake", () => {
	it("refuses a client without a session cookie", async () => {
		await assert.rejects(bench.connect(), /no session cookie/);
	});

	it("refuses a session that Frappe doesn't know", async () => {
		await assert.rejects(bench.connect({ sid: "sid-forged" }), /Session refused/);
	});

	it("refuses a site that the bench doesn't have, and names that are paths", async () => {
		await assert.rejects(bench.connect({ sid: "sid-alice", site: "nowhere.test" }), /Invalid namespace/);
		await assert.rejects(bench.connect({ sid: "sid-alice", site: "../oms.test" }), /Invalid namespace/);
		await assert.rejects(bench.connect({ sid: "sid-alice", site: "" }), /Name a site/);
	});

	it("refuses a session of one site in the namespace of another", async () => {
		await assert.rejects(bench.connect({ sid: "sid-alice", site: "other.test" }), /Session refused/);
	});

	it("refuses a page of another host, by both transports", async () => {
		for (const transports of [["polling"], ["websocket"]]) {
			await assert.rejects(
				bench.connect({ sid: "sid-alice", origin: "http://evil.example", transports }),
			);
		}
	});

	it("accepts by both transports, and passes on host, site and only the session cookie", async () => {
		for (const transports of [["polling"], ["websocket"]]) {
			const client = await bench.connect({ sid: "sid-alice", transports });
			assert.equal(client.connected, true);
			const { headers } = bench.web.state.requests.at(-1);
			assert.equal(headers.host, `127.0.0.1:${bench.port}`);
			assert.equal(headers["x-frappe-site-name"], "oms.test");
			assert.equal(headers.cookie, "sid=sid-alice");
		}
	});

	it("waits for a web server that is still starting", async () => {
		bench.web.state.mode = "down";
		const connecting = bench.connect({ sid: "sid-alice" });
		const asked = bench.web.state.requests.length;
		await until(() => bench.web.state.requests.length > asked, "the first question");
		bench.web.state.mode = "normal";
		assert.equal((await connecting).connected, true);
	});

	it("gives up on a web server that never answers", async () => {
		bench.web.state.mode = "silent";
		await assert.rejects(bench.connect({ sid: "sid-alice" }), /Web server doesn't answer/);
	});
});

describe("rooms", () => {
	it("delivers a document's messages only to who may read it", async () => {
		const alice = await bench.connect({ sid: "sid-alice" });
		const bob = await bench.connect({ sid: "sid-bob" });
		const guest = await bench.connect({ sid: "Guest" });
		for (const client of [alice, bob, guest]) client.emit("doc_subscribe", "Order", "SO-1");
		for (const client of [alice, bob, guest]) await settled(client);
		await bench.publish({ event: "docinfo_update", message: { n: 1 }, room: ORDER_ROOM });
		await until(() => received(alice, "docinfo_update").length, "the message");
		for (const client of [bob, guest]) await settled(client);
		assert.deepEqual(received(alice, "docinfo_update"), [{ n: 1 }]);
		assert.deepEqual(received(bob, "docinfo_update"), []);
		assert.deepEqual(received(guest, "docinfo_update"), []);
	});

	it("delivers a DocType's messages only to who may read it, until it is unsubscribed", async () => {
		const alice = await bench.connect({ sid: "sid-alice" });
		const bob = await bench.connect({ sid: "sid-bob" });
		for (const client of [alice, bob]) client.emit("doctype_subscribe", "Order");
		for (const client of [alice, bob]) await settled(client);
		await bench.publish({ event: "list_update", message: { doctype: "Order" }, room: "doctype:Order" });
		await until(() => received(alice, "list_update").length, "the message");
		alice.emit("doctype_unsubscribe", "Order");
		await settled(alice);
		await bench.publish({ event: "list_update", message: { doctype: "Order" }, room: "doctype:Order" });
		for (const client of [alice, bob]) await settled(client);
		assert.equal(received(alice, "list_update").length, 1);
		assert.equal(received(bob, "list_update").length, 0);
	});

	it("keeps users' rooms apart, and visitors out of the desk's room", async () => {
		const alice = await bench.connect({ sid: "sid-alice" });
		const bob = await bench.connect({ sid: "sid-bob" });
		const guest = await bench.connect({ sid: "Guest" });
		await bench.publish({ event: "progress", message: { percent: 40 }, room: "user:alice@example.com" });
		await bench.publish({ event: "to_desk", room: "all" });
		await bench.publish({ event: "to_desk" });
		await bench.publish({ event: "to_website", room: "website" });
		for (const client of [alice, bob, guest]) await settled(client);
		assert.deepEqual(received(alice, "progress"), [{ percent: 40 }]);
		assert.deepEqual(received(bob, "progress"), []);
		assert.deepEqual(
			[alice, bob, guest].map((client) => received(client, "to_desk").length),
			[2, 2, 0],
		);
		assert.deepEqual(
			[alice, bob, guest].map((client) => received(client, "to_website").length),
			[1, 1, 1],
		);
	});

	it("sends nothing of one site to another", async () => {
		const alice = await bench.connect({ sid: "sid-alice" });
		await bench.publish({ event: "to_desk", room: "all", namespace: "other.test" });
		await settled(alice);
		assert.deepEqual(received(alice, "to_desk"), []);
	});

	it("tells who else has the document open, and when they leave", async () => {
		const first = await bench.connect({ sid: "sid-alice" });
		const second = await bench.connect({ sid: "sid-alice" });
		const bob = await bench.connect({ sid: "sid-bob" });
		for (const client of [first, second, bob]) client.emit("doc_open", "Order", "SO-1");
		for (const client of [first, second, bob]) await settled(client);
		assert.deepEqual(received(first, "doc_viewers").at(-1), {
			doctype: "Order",
			docname: "SO-1",
			users: ["alice@example.com"],
		});
		assert.deepEqual(received(bob, "doc_viewers"), []);
		const before = received(first, "doc_viewers").length;
		second.disconnect();
		await until(() => received(first, "doc_viewers").length > before, "news of the one who left");
		first.emit("doc_close", "Order", "SO-1");
		await settled(first);
		const last = received(first, "doc_viewers").length;
		(await bench.connect({ sid: "sid-alice" })).emit("doc_open", "Order", "SO-1");
		await settled(first);
		assert.equal(received(first, "doc_viewers").length, last);
	});

	it("closing right after opening leaves no room behind", async () => {
		const watcher = await bench.connect({ sid: "sid-alice" });
		watcher.emit("doc_open", "Order", "SO-1");
		await settled(watcher);
		const alice = await bench.connect({ sid: "sid-alice" });
		alice.emit("doc_subscribe", "Order", "SO-1");
		alice.emit("doc_unsubscribe", "Order", "SO-1");
		await settled(alice);
		await bench.publish({ event: "docinfo_update", room: ORDER_ROOM });
		await settled(alice);
		assert.deepEqual(received(alice, "docinfo_update"), []);
	});

	it("survives malformed events", async () => {
		const alice = await bench.connect({ sid: "sid-alice" });
		for (const value of [undefined, null, {}, ["x"], "", "x".repeat(300)]) {
			for (const event of ["doc_subscribe", "doctype_subscribe", "task_subscribe", "doc_close"])
				alice.emit(event, value);
		}
		await settled(alice);
		assert.equal(alice.connected, true);
	});
});

describe("Redis", () => {
	it("is found again after a restart, with its subscription", async () => {
		const alice = await bench.connect({ sid: "sid-alice" });
		await bench.stopRedis();
		await until(async () => !(await isHealthy(bench.port)), "a health check that notices");
		await bench.startRedis();
		await until(() => isHealthy(bench.port), "health");
		await settled(alice);
		await bench.publish({ event: "progress", message: { percent: 90 }, room: "user:alice@example.com" });
		await until(() => received(alice, "progress").length, "a message after the restart");
	});

	it("may carry rubbish on the channel", async () => {
		const alice = await bench.connect({ sid: "sid-alice" });
		await bench.publish({ event: 7 });
		await settled(alice);
	});
});

describe("health", () => {
	it("counts clients and hides everything else", async () => {
		const counted = await (await fetch(`http://127.0.0.1:${bench.port}/health`)).json();
		await bench.connect({ sid: "sid-alice" });
		const again = await (await fetch(`http://127.0.0.1:${bench.port}/health`)).json();
		assert.deepEqual(again, { ok: true, clients: counted.clients + 1, redis: true });
		assert.equal((await fetch(`http://127.0.0.1:${bench.port}/`)).status, 404);
	});
});
