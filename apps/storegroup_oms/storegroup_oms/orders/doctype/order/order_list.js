// The same colours as in orders/lifecycle.py.
const ORDER_COLOURS = {
	Unpaid: "gray",
	"To Review": "blue",
	"On Hold": "red",
	Backorder: "orange",
	"To Print": "cyan",
	"To Pick": "purple",
	"To Ship": "yellow",
	"Partly Shipped": "light-blue",
	Shipped: "green",
	Completed: "darkgrey",
	Closed: "darkgrey",
};
const ORDER_DONE = ["Shipped", "Completed", "Closed"];
const ORDER_AT_WORK = Object.keys(ORDER_COLOURS).filter(
	(status) => status !== "Unpaid" && !ORDER_DONE.includes(status)
);

function make_pills(codes, colour) {
	return (codes || "")
		.split(",")
		.filter(Boolean)
		.map((code) => {
			const label = frappe.utils.escape_html(__(frappe.unscrub(code)));
			return `<span class="indicator-pill ${colour} no-indicator-dot mr-1">${label}</span>`;
		})
		.join("");
}

function make_deadline(value, doc) {
	if (!value) return "";
	if (ORDER_DONE.includes(doc.status)) return frappe.datetime.str_to_user(value);
	const minutes = moment(value).diff(moment(frappe.datetime.now_datetime()), "minutes");
	const hours = Math.abs(minutes) / 60;
	const span = hours < 1 ? __("{0} min", [Math.abs(minutes)]) : __("{0} h", [hours.toFixed(1)]);
	// The pill is narrow: colour and sign tell late from left, the tooltip says it in words.
	const words = minutes < 0 ? __("{0} late", [span]) : __("{0} left", [span]);
	const colour = minutes < 0 ? "red" : minutes < 360 ? "orange" : "green";
	const title = frappe.utils.escape_html(`${words} · ${frappe.datetime.str_to_user(value)}`);
	const text = minutes < 0 ? `−${span}` : span;
	return `<span class="indicator-pill no-indicator-dot ${colour}" title="${title}">${text}</span>`;
}

// Day and minute are what people compare; the year is only told where it isn't this one.
function make_moment(value) {
	if (!value) return "";
	const time = moment(value);
	const pattern = time.isSame(moment(), "year") ? "MM-DD HH:mm" : "YYYY-MM-DD";
	return `<span title="${frappe.utils.escape_html(frappe.datetime.str_to_user(value))}">${time.format(pattern)}</span>`;
}

function make_money(value) {
	return `<span class="text-right">${format_currency(value)}</span>`;
}

// One character: the column is for the nick.
const CUSTOMER_KINDS = { "New Customer": ["green", __("1st")], "Repeat Customer": ["purple", __("Again")] };

function make_buyer(nick, doc) {
	const value = doc.customer_kind;
	const [colour, word] = CUSTOMER_KINDS[value] || [];
	const text = frappe.utils.escape_html(nick || "");
	if (!word) return text;
	return `<span class="oms-mark ${colour}" title="${__(value)}">${word}</span>${text}`;
}

// Orders come many at a time: the open list reads itself anew, unless somebody is choosing rows in it.
const refresh_soon = frappe.utils.debounce(() => {
	if (!cur_list || cur_list.doctype !== "Order" || frappe.get_route()[0] !== "List") return;
	if (cur_list.get_checked_items().length || cur_list.list_view_settings?.disable_auto_refresh) return;
	cur_list.refresh();
}, 2000);

// Frappe looks for the text in the middle of the column, which reads every order. Numbers and waybills are found
// by their beginning, nicks whole: an underscore in a nick would stand for any letter. Who needs more writes the
// percent signs.
const FOUND_BY_BEGINNING = ["name", "platform_order_no", "waybill_no"];
const FOUND_WHOLE = ["buyer_nick"];

function search_by_index(listview) {
	for (const fieldname of [...FOUND_BY_BEGINNING, ...FOUND_WHOLE]) {
		const field = listview.page.fields_dict[fieldname];
		if (!field) continue;
		const is_whole = FOUND_WHOLE.includes(fieldname);
		const get_value = field.get_value.bind(field);
		field.get_value = () => {
			const value = (get_value() || "").trim();
			const has_wildcard = value.includes("%");
			field.df.condition = is_whole && !has_wildcard ? "=" : "like";
			return value && !is_whole && !has_wildcard ? `${value}%` : value;
		};
	}
}

frappe.listview_settings["Order"] = {
	add_fields: [
		"status",
		"hold_reasons",
		"stop_reasons",
		"ship_by",
		"refund_amount",
		"platform",
		"customer_kind",
	],
	get_indicator(doc) {
		return [__(doc.status), ORDER_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
	formatters: {
		buyer_nick: (value, df, doc) => make_buyer(value, doc),
		hold_reasons: (value) => make_pills(value, "red"),
		tags: (value) => make_pills(value, "blue"),
		ordered_at: (value) => make_moment(value),
		ship_by: (value, df, doc) => make_deadline(value, doc),
		total_amount: (value) => make_money(value),
		paid_amount: (value) => make_money(value),
	},
	onload(listview) {
		frappe.realtime.on("orders_written", refresh_soon);
		search_by_index(listview);
		listview.page.add_inner_button(__("Find Order"), () => storegroup_oms.find_order());
		listview.page.add_inner_button(__("Exception Orders"), () => frappe.set_route("review-pool"));
		const filters = {
			"To Review": [["Order", "status", "=", "To Review"]],
			"On Hold": [["Order", "status", "=", "On Hold"]],
			"Planned for Later": [
				["Order", "planned_ship_on", "is", "set"],
				["Order", "status", "in", ORDER_AT_WORK],
			],
			"Ship Today": [
				["Order", "ship_by", "<=", `${frappe.datetime.get_today()} 23:59:59`],
				["Order", "status", "in", ORDER_AT_WORK],
			],
		};
		const labels = {
			"To Review": __("To Review"),
			"On Hold": __("On Hold"),
			"Planned for Later": __("Planned for Later"),
			"Ship Today": __("Ship Today"),
		};
		for (const key of Object.keys(filters)) {
			listview.page.add_inner_button(
				labels[key],
				() => listview.filter_area.clear(false).then(() => listview.filter_area.add(filters[key])),
				__("Queues")
			);
		}
		if (frappe.model.can_write("Order")) {
			listview.page.add_action_item(__("Fetch from Platform Again"), () =>
				storegroup_oms.connections.refresh_orders(listview.get_checked_items(true))
			);
			listview.page.add_action_item(__("Plan Shipping"), () =>
				storegroup_oms.review.plan(listview.get_checked_items(true)).then(() => listview.refresh())
			);
			listview.page.add_action_item(__("Approve Orders"), () =>
				storegroup_oms.review.approve(listview.get_checked_items(true)).then(() => listview.refresh())
			);
		}
		if (frappe.model.can_write("Shipment")) {
			const { parcels, printing } = storegroup_oms;
			const add = (label, work) =>
				listview.page.add_action_item(label, () =>
					parcels
						.with_parcels_of(listview.get_checked_items(true), work)
						.then(() => listview.refresh())
				);
			add(__("Print Labels"), printing.labels);
			add(__("Put Orders Together"), parcels.merge);
			add(__("Ship the Parcels"), parcels.ship);
		}
		if (frappe.model.can_create("Order Import")) {
			listview.page.add_inner_button(__("Import Order File"), () => frappe.new_doc("Order Import"));
		}
	},
};
