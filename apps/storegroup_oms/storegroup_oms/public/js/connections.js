// What a person starts for shops' connections, from whichever screen, and how its progress and end are told.
frappe.provide("storegroup_oms.connections");

const MAX_NUMBERS = 500;
const MAX_DAYS = 92;

function call(method, args, options = {}) {
	return frappe
		.call({ method: `storegroup_oms.api.connectors.${method}`, type: "POST", args, ...options })
		.then(({ message }) => message);
}

function start(method, args) {
	return call(method, args).then((answer) => {
		frappe.show_alert({ message: __("Started. You are told here when it ends."), indicator: "blue" });
		return answer;
	});
}

function test_connection(frm) {
	if (frm.is_dirty()) {
		frappe.msgprint({
			title: __("Not Saved"),
			message: __("Save the shop first: the test uses what is saved."),
			indicator: "orange",
		});
		return;
	}
	call("test_connection", { shop: frm.doc.name }, { freeze: true, freeze_message: __("Asking the platform …") }).then(
		(answer) => {
			if (!answer) return;
			frappe.msgprint({
				title: answer.ok ? __("Connected") : __("Not Connected"),
				message: frappe.utils.escape_html(answer.message),
				indicator: answer.ok ? "green" : "red",
			});
			frm.reload_doc();
		}
	);
}

function split_numbers(text) {
	return [...new Set((text || "").split(/[\s,，;；、]+/).filter(Boolean))];
}

function fetch_by_number(shop) {
	const dialog = new frappe.ui.Dialog({
		title: __("Fetch Orders by Number"),
		fields: [
			{
				fieldname: "order_nos",
				fieldtype: "Small Text",
				label: __("Platform Order Numbers"),
				description: __("Separated by spaces, commas or lines, at most {0}.", [MAX_NUMBERS]),
				reqd: 1,
			},
		],
		primary_action_label: __("Fetch"),
		primary_action({ order_nos }) {
			const numbers = split_numbers(order_nos);
			if (!numbers.length || numbers.length > MAX_NUMBERS) {
				frappe.msgprint(__("Give between 1 and {0} order numbers.", [MAX_NUMBERS]));
				return;
			}
			start("fetch_orders", { shop, order_nos: numbers.join(" ") }).then(() => dialog.hide());
		},
	});
	dialog.show();
}

function fetch_by_span(shop) {
	const now = frappe.datetime.now_datetime();
	const dialog = new frappe.ui.Dialog({
		title: __("Fetch a Time Span Again"),
		fields: [
			{
				fieldname: "start",
				fieldtype: "Datetime",
				label: __("Changed From"),
				default: moment(now).subtract(1, "days").format("YYYY-MM-DD HH:mm:ss"),
				reqd: 1,
			},
			{
				fieldname: "end",
				fieldtype: "Datetime",
				label: __("Changed To"),
				default: now,
				description: __("Every order that was changed at the platform in this span, at most {0} days.", [
					MAX_DAYS,
				]),
				reqd: 1,
			},
		],
		primary_action_label: __("Fetch"),
		primary_action({ start: first, end: last }) {
			if (first >= last) {
				frappe.msgprint(__("The span must end after it starts."));
			} else if (moment(last).diff(moment(first), "days", true) > MAX_DAYS) {
				frappe.msgprint(__("Fetch at most {0} days at once.", [MAX_DAYS]));
			} else {
				start("fetch_span", { shop, start: first, end: last }).then(() => dialog.hide());
			}
		},
	});
	dialog.show();
}

function fetch_everything(shop) {
	frappe.confirm(
		__("Fetch everything that the platform still shows of {0}? This can take a long time; orders that are here are only brought up to date.", [
			frappe.utils.escape_html(shop),
		]),
		() => start("fetch_all", { shop })
	);
}

function replay(names) {
	return call("replay", { names }, { freeze: true, freeze_message: __("Trying again …") }).then((answer) => {
		if (!answer) return answer;
		if (answer.queued) {
			frappe.show_alert({
				message: __("{0} orders are tried in the background. You are told here when it ends.", [answer.queued]),
				indicator: "blue",
			});
			return answer;
		}
		const is_clean = !answer.waiting && !answer.failed;
		frappe.show_alert(
			{
				message: __("{0} orders went through, {1} still wait, {2} could not be fetched.", [
					answer.resolved,
					answer.waiting,
					answer.failed,
				]),
				indicator: is_clean ? "green" : "orange",
			},
			10
		);
		return answer;
	});
}

function dismiss(names) {
	return new Promise((resolve) => {
		frappe.prompt(
			{
				fieldname: "reason",
				fieldtype: "Small Text",
				label: __("Reason"),
				description: __("The order comes back when the platform sends it again."),
				reqd: 1,
			},
			({ reason }) =>
				call("dismiss", { names, reason }).then((count) => {
					frappe.show_alert({ message: __("{0} orders given up.", [count || 0]), indicator: "gray" });
					resolve(count);
				}),
			__("Give Up {0} Orders", [names.length]),
			__("Give Up")
		);
	});
}

function refresh_orders(names) {
	return start("refresh_orders", { names });
}

// Progress comes to whoever started a job, on whichever screen they are meanwhile.
function hear(data) {
	const frm = window.cur_frm;
	const is_shown = frm && frm.doctype === "Shop" && frm.docname === data.shop;
	if (is_shown) frm.dashboard.show_progress(__("Fetching Orders"), data.progress, data.message);
	if (!data.done) return;
	const text = [data.shop, data.message].filter(Boolean).map(frappe.utils.escape_html).join(": ");
	frappe.show_alert({ message: text, indicator: data.indicator }, 12);
	if (frm && frm.docname && !frm.is_dirty() && ["Shop", "Pull Window", "Order"].includes(frm.doctype)) {
		frm.reload_doc();
	}
	const list = window.cur_list;
	if (list && ["Quarantined Order", "Pull Window", "Order"].includes(list.doctype)) list.refresh();
}

$(document).on("app_ready", () => frappe.realtime.on("connector_progress", hear));

// JSON that people read: indented, in one block.
function make_json(text) {
	if (!text) return "";
	let shown = text;
	try {
		shown = JSON.stringify(JSON.parse(text), null, 2);
	} catch {
		// not JSON: shown as it is
	}
	return `<pre class="oms-json">${frappe.utils.escape_html(shown)}</pre>`;
}

// Day, minute and second without what can be taken for granted.
function make_moment(value) {
	if (!value) return "";
	const time = moment(value);
	const pattern = time.isSame(moment(), "day")
		? "HH:mm:ss"
		: time.isSame(moment(), "year")
		? "MM-DD HH:mm"
		: "YYYY-MM-DD";
	return `<span title="${frappe.utils.escape_html(frappe.datetime.str_to_user(value))}">${time.format(pattern)}</span>`;
}

Object.assign(storegroup_oms.connections, {
	dismiss,
	fetch_by_number,
	fetch_by_span,
	fetch_everything,
	make_json,
	make_moment,
	refresh_orders,
	replay,
	start,
	test_connection,
});
