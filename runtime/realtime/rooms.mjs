/**
 * What a connected client may ask for. Room names are those of frappe/realtime.py.
 *
 * Every document and DocType room is granted by the web server alone, with the client's own session.
 */
import { RefusedError } from "./web.mjs";

const NAME_LIMIT = 255;
const PENDING_LIMIT = 64;
const ROOM_LIMIT = 512;

const doctypeRoom = (doctype) => `doctype:${doctype}`;
const docRoom = (doctype, name) => `doc:${doctype}/${name}`;
const openDocRoom = (doctype, name) => `open_doc:${doctype}/${name}`;
const taskRoom = (id) => `task_progress:${id}`;

/** Joins the rooms that a user always has, and answers the desk's events. Call once per connected socket. */
export function attachClient(socket, web) {
	const { user, userType, session } = socket.data;
	const openDocs = new Map();
	socket.join([`user:${user}`, "website"]);
	if (userType === "System User") socket.join("all");

	const may = (method, parameters) => web.call(session, method, parameters);
	const inOrder = makeQueue(socket);

	inOrder("doctype_subscribe", async (doctype) => {
		if (await may("can_subscribe_doctype", { doctype })) join(socket, doctypeRoom(doctype));
	});
	inOrder("doctype_unsubscribe", (doctype) => socket.leave(doctypeRoom(doctype)));
	inOrder(
		"doc_subscribe",
		async (doctype, docname) => {
			if (await may("can_subscribe_doc", { doctype, docname })) join(socket, docRoom(doctype, docname));
		},
		2,
	);
	inOrder("doc_unsubscribe", (doctype, docname) => socket.leave(docRoom(doctype, docname)), 2);
	inOrder(
		"doc_open",
		async (doctype, docname) => {
			if (!(await may("can_subscribe_doc", { doctype, docname }))) return;
			const room = openDocRoom(doctype, docname);
			if (!join(socket, room)) return;
			openDocs.set(room, { doctype, docname });
			await tellViewers(socket.nsp, room, { doctype, docname });
		},
		2,
	);
	inOrder(
		"doc_close",
		async (doctype, docname) => {
			const room = openDocRoom(doctype, docname);
			if (!openDocs.delete(room)) return;
			socket.leave(room);
			await tellViewers(socket.nsp, room, { doctype, docname });
		},
		2,
	);
	// A task's id is a secret that only the user who started it was given.
	inOrder("task_subscribe", (id) => join(socket, taskRoom(id)));
	inOrder("progress_subscribe", (id) => join(socket, taskRoom(id)));
	inOrder("task_unsubscribe", (id) => socket.leave(taskRoom(id)));
	socket.on("ping", () => socket.emit("pong"));

	socket.on("disconnect", () => {
		for (const [room, document] of openDocs) tellViewers(socket.nsp, room, document).catch(report);
	});
}

/**
 * Returns on(event, work, argumentCount): works through a client's events one after the other, so that
 * closing a document can't overtake opening it. Malformed arguments and floods are dropped.
 */
function makeQueue(socket) {
	let tail = Promise.resolve();
	let pending = 0;
	return function on(event, work, argumentCount = 1) {
		socket.on(event, (...given) => {
			const values = given
				.slice(0, argumentCount)
				.map((value) => (typeof value === "number" ? String(value) : value));
			if (values.length < argumentCount || !values.every(isName) || pending >= PENDING_LIMIT) return;
			pending += 1;
			tail = tail
				.then(() => (socket.connected ? work(...values) : undefined))
				.catch(report)
				.finally(() => (pending -= 1));
		});
	};
}

function isName(value) {
	return typeof value === "string" && value.length > 0 && value.length <= NAME_LIMIT;
}

function join(socket, room) {
	// The socket may have gone while the web server was asked; joining then would leave a dead member.
	if (!socket.connected || socket.rooms.size >= ROOM_LIMIT) return false;
	socket.join(room);
	return true;
}

async function tellViewers(namespace, room, { doctype, docname }) {
	const sockets = await namespace.in(room).fetchSockets();
	const users = [...new Set(sockets.map((socket) => socket.data.user))];
	namespace.to(room).emit("doc_viewers", { doctype, docname, users });
}

function report(error) {
	if (!(error instanceof RefusedError)) console.error(`realtime: ${error.message}`);
}
