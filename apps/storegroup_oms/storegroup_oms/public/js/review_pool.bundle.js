frappe.provide("storegroup_oms");

const escape = (value) => frappe.utils.escape_html(String(value ?? ""));
const ask = (method, args, type = "POST") =>
	Promise.resolve(frappe.call({ method: `storegroup_oms.api.review.${method}`, type, args })).then(
		({ message }) => message
	);

// Held orders as a worklist: counts by reason and shop, a list, the chosen order's facts beside it. By keyboard alone.
storegroup_oms.ReviewPool = class ReviewPool {
	constructor(wrapper) {
		this.page = frappe.ui.make_app_page({ parent: wrapper, title: __("Exception Orders"), single_column: true });
		this.filters = { code: "", shop: "" };
		this.rows = [];
		this.marked = new Set();
		this.asked = 0;
		this.page.set_secondary_action(__("Refresh"), () => this.load(), "refresh");
		this.page.add_inner_button(__("Review Checks"), () => frappe.set_route("List", "Review Check"));
		this.$main = $('<div class="review-pool"></div>').appendTo(this.page.main);
		this.$main.on("click", "[data-filter]", ({ currentTarget }) => this.filter(currentTarget.dataset));
		this.$main.on("click", "[data-act]", ({ currentTarget }) => this.act(currentTarget.dataset.act, currentTarget.dataset));
		this.$main.on("click", ".review-pool-row", (event) => this.click(event));
		$(document).on("keydown.review_pool", (event) => this.press(event));
	}

	show() {
		const options = frappe.route_options || {};
		frappe.route_options = null;
		Object.assign(this.filters, { code: options.code || this.filters.code, shop: options.shop || this.filters.shop });
		return this.load();
	}

	load(name) {
		const asked = ++this.asked;
		const keep = name || this.get_chosen()?.name;
		return Promise.all([ask("get_counts", {}, "GET"), ask("get_orders", this.filters, "GET")]).then(([counts, rows]) => {
			// An answer that was overtaken by a later question is of no use.
			if (asked !== this.asked) return;
			const before = this.index;
			Object.assign(this, { counts, rows });
			const found = rows.findIndex((row) => row.name === keep);
			this.index = found >= 0 ? found : Math.min(before || 0, Math.max(rows.length - 1, 0));
			const names = new Set(rows.map((row) => row.name));
			this.marked = new Set([...this.marked].filter((marked) => names.has(marked)));
			return this.draw();
		});
	}

	get_chosen() {
		return this.rows[this.index];
	}

	get_names() {
		return this.marked.size ? [...this.marked] : this.rows.length ? [this.get_chosen().name] : [];
	}

	draw() {
		const counts = this.make_counts();
		if (!this.rows.length) {
			this.$main.html(`${counts}<div class="review-pool-empty"><h4>${__("Nothing is held.")}</h4>
				<p class="text-muted">${__("Orders that a check holds appear here.")}</p></div>`);
			return;
		}
		this.$main.html(`${counts}<div class="review-pool-list" role="listbox"></div>
			<div class="review-pool-order" aria-live="polite"></div>`);
		this.draw_list();
		return this.draw_order();
	}

	make_counts() {
		const make = (field, value, label, count, title = "") => {
			const is_on = (this.filters[field] || "") === value;
			return `<button class="btn btn-xs ${is_on ? "btn-primary" : "btn-default"}" data-filter="${field}"
				data-value="${escape(value)}" title="${escape(title)}">${escape(label)} <b>${count}</b></button>`;
		};
		const reasons = this.counts.reasons.map(({ code, count, meaning }) =>
			make("code", code, code ? __(frappe.unscrub(code)) : __("No reason"), count, meaning)
		);
		const shops = this.counts.shops.map((row) => make("shop", row.shop, row.shop, row.count));
		const all = `<button class="btn btn-xs btn-default" data-filter="">${__("All")} <b>${this.counts.total}</b></button>`;
		return `<div class="review-pool-counts">${all}${reasons.join("")}</div>
			<div class="review-pool-counts">${shops.join("")}</div>`;
	}

	draw_list() {
		const rows = this.rows.map((row, index) => {
			const codes = (row.hold_reasons || "").split(",").filter(Boolean);
			const words = codes.map((code) => __(frappe.unscrub(code))).join(" · ");
			return `<div class="review-pool-row ${index === this.index ? "chosen" : ""}" role="option"
				aria-selected="${index === this.index}" data-index="${index}">
				<input type="checkbox" tabindex="-1" ${this.marked.has(row.name) ? "checked" : ""} aria-label="${__("Mark")}">
				<span>${escape(row.platform_order_no || row.name)}</span><span>${format_currency(row.total_amount)}</span>
				<small class="text-muted">${escape(row.shop)} · ${escape(words)}</small></div>`;
		});
		this.$main.find(".review-pool-list").html(rows.join(""));
		this.$main.find(".review-pool-row.chosen")[0]?.scrollIntoView({ block: "nearest" });
	}

	draw_order() {
		const { name } = this.get_chosen();
		return ask("get_order", { order: name }, "GET").then((order) => {
			if (this.get_chosen()?.name !== name) return;
			this.order = order;
			this.$main.find(".review-pool-order").html(make_order(order, this.marked.size));
		});
	}

	click(event) {
		const row = this.rows[Number(event.currentTarget.dataset.index)];
		this.index = this.rows.indexOf(row);
		if ($(event.target).is("input")) this.mark();
		this.draw_list();
		this.draw_order();
	}

	filter({ filter, value }) {
		if (!filter) this.filters = { code: "", shop: "" };
		else this.filters[filter] = this.filters[filter] === value ? "" : value;
		this.index = 0;
		this.load();
	}

	choose(step) {
		const index = this.index + step;
		if (index < 0 || index >= this.rows.length) return;
		this.index = index;
		this.draw_list();
		this.draw_order();
	}

	mark(all = false) {
		const name = this.get_chosen().name;
		if (all) {
			const names = this.rows.map((row) => row.name);
			this.marked = new Set(this.marked.size === names.length ? [] : names);
		} else if (!this.marked.delete(name)) {
			this.marked.add(name);
		}
		this.draw_list();
		this.draw_order();
	}

	act(action, { code, line } = {}) {
		const acts = {
			next: () => this.choose(1),
			clear: () => this.run("clear_holds", { orders: this.get_names() }),
			clear_one: () => this.run("clear_holds", { orders: [this.order.name], codes: [code] }),
			approve: () => this.run("approve", { orders: this.get_names(), clears_holds: 1 }),
			close: () => this.close(),
			correct: () => this.correct(),
			memo: () => this.correct_memo(),
			price: () => this.correct_price(line),
			undo: () => this.run("undo", {}),
			open: () => frappe.set_route("Form", "Order", this.order.name),
		};
		acts[action]();
	}

	// One step at a time: a double click or a held key asks once. What was typed, or takes a step back, waits its turn.
	run(method, args) {
		if (this.busy) {
			const is_dropped = ["clear_holds", "approve"].includes(method);
			return is_dropped ? undefined : this.busy.catch(() => null).then(() => this.run(method, args));
		}
		if (args.orders && !args.orders.length) return;
		this.busy = ask(method, args)
			.then((done) => {
				if (done.names) tell(done);
				this.marked.clear();
				return this.load(method === "undo" ? done.names?.[0] : undefined);
			})
			.finally(() => (this.busy = null));
		return this.busy;
	}

	close() {
		const orders = this.get_names();
		frappe.prompt(
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 },
			({ reason }) => this.run("close", { orders, reason }),
			__("Close {0} orders for good", [orders.length]),
			__("Close")
		);
	}

	correct() {
		const order = this.order;
		const region = ["province", "city", "district", "town"];
		const labels = { province: __("Province"), city: __("City"), district: __("District"), town: __("Town") };
		const fields = region.map((fieldname) => ({
			fieldname,
			fieldtype: "Data",
			label: labels[fieldname],
			default: order[fieldname],
		}));
		fields.push(
			{ fieldname: "receiver_name", fieldtype: "Data", label: __("Receiver Name"), description: escape(order.receiver_name) },
			{ fieldname: "receiver_mobile", fieldtype: "Data", label: __("Mobile"), description: escape(order.receiver_mobile) },
			{ fieldname: "address", fieldtype: "Small Text", label: __("Address"), description: escape(order.address) },
			{ fieldname: "reason", fieldtype: "Data", label: __("Reason"), reqd: 1 }
		);
		frappe.prompt(
			fields,
			({ reason, ...values }) => this.run("correct_receiver", { order: order.name, values, reason }),
			__("Correct the receiver; what stays empty stays as it is"),
			__("Save")
		);
	}

	correct_price(line) {
		const row = this.order.lines.find(({ name }) => name === line);
		frappe.prompt(
			[
				{ fieldname: "unit_price", fieldtype: "Data", label: __("Unit Price"), default: String(row.unit_price), reqd: 1 },
				{ fieldname: "reason", fieldtype: "Data", label: __("Reason"), reqd: 1 },
			],
			(values) => this.run("correct_price", { order: this.order.name, line, ...values }),
			__("Correct the price"),
			__("Save")
		);
	}

	correct_memo() {
		const { name, seller_memo } = this.order;
		frappe.prompt(
			[
				{ fieldname: "memo", fieldtype: "Small Text", label: __("Seller's Memo"), default: seller_memo },
				{ fieldname: "reason", fieldtype: "Data", label: __("Reason"), reqd: 1 },
			],
			({ memo, reason }) => this.run("correct_memo", { order: name, memo: memo || "", reason }),
			__("Correct the memo"),
			__("Save")
		);
	}

	press(event) {
		if (frappe.get_route()[0] !== "review-pool" || !this.rows.length) {
			if (event.key !== "u" || frappe.get_route()[0] !== "review-pool") return;
		}
		if ($(event.target).is(":input:not(:checkbox), [contenteditable]") || $(".modal:visible").length) return;
		if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
		const acts = {
			j: () => this.choose(1),
			ArrowDown: () => this.choose(1),
			k: () => this.choose(-1),
			ArrowUp: () => this.choose(-1),
			" ": () => this.mark(),
			"*": () => this.mark(true),
			c: () => this.act("clear"),
			a: () => this.act("approve"),
			x: () => this.act("close"),
			e: () => this.act("correct"),
			m: () => this.act("memo"),
			u: () => this.act("undo"),
			Enter: () => this.act("open"),
		};
		if (!acts[event.key]) return;
		event.preventDefault();
		event.stopPropagation();
		acts[event.key]();
	}
};

function tell({ names, refused }) {
	const reasons = Object.entries(refused || {});
	if (names.length) frappe.show_alert({ message: __("{0} orders done.", [names.length]), indicator: "green" });
	if (!reasons.length) return;
	frappe.msgprint({
		title: __("{0} orders were left as they are", [reasons.length]),
		indicator: "orange",
		message: reasons.map(([name, reason]) => `<p><b>${escape(name)}</b> ${escape(reason)}</p>`).join(""),
	});
}

function make_order(order, marked) {
	const place = [order.province, order.city, order.district, order.town].filter(Boolean).join(" ");
	const facts = [
		[__("Shop"), order.shop],
		[__("Buyer"), order.buyer_nick],
		[__("Receiver"), [order.receiver_name, order.receiver_mobile].filter(Boolean).join(" ")],
		[__("Address"), [place, order.address].filter(Boolean).join(" ")],
		[__("Buyer's Message"), order.buyer_message],
		[__("Seller's Memo"), order.seller_memo],
		[__("Ship By"), order.ship_by && frappe.datetime.str_to_user(order.ship_by)],
	];
	const holds = order.holds.map(({ code, text, is_fixed }) => {
		const button = is_fixed
			? ""
			: `<button class="btn btn-xs btn-default" data-act="clear_one" data-code="${code}">${__("Clear Hold")}</button>`;
		return `<li><b>${escape(__(frappe.unscrub(code)))}</b> ${escape(text)} ${button}</li>`;
	});
	const lines = order.lines.map(
		(row) => `<tr><td>${escape(row.sku || row.title)}</td><td class="text-right">${row.qty}</td>
			<td class="text-right"><a href="#" data-act="price" data-line="${escape(row.name)}">${format_currency(row.unit_price)}</a></td>
			<td class="text-right text-muted">${row.listed ? format_currency(row.listed) : "–"}</td>
			<td class="text-right">${format_currency(row.amount)}</td></tr>`
	);
	const many = marked ? ` (${marked})` : "";
	const buttons = [
		["approve", `${__("Approve")}${many}`, "A", "btn-primary"],
		["clear", `${__("Clear Holds")}${many}`, "C", "btn-default"],
		["correct", __("Correct"), "E", "btn-default"],
		["memo", __("Memo"), "M", "btn-default"],
		["close", `${__("Close")}${many}`, "X", "btn-default"],
		["undo", __("Undo"), "U", "btn-default"],
		["open", __("Open the Order"), "Enter", "btn-default"],
		["next", __("Next"), "J", "btn-default"],
	].map(([act, label, key, style]) => `<button class="btn btn-sm ${style}" data-act="${act}">${label} <kbd>${key}</kbd></button>`);
	return `<h4>${escape(order.platform_order_no || order.name)}</h4><ul class="review-pool-holds">${holds.join("")}</ul>
		<div class="review-pool-actions">${buttons.join("")}</div>
		<table class="table table-sm"><tbody>${facts
			.filter(([, value]) => value)
			.map(([label, value]) => `<tr><th>${label}</th><td>${escape(value)}</td></tr>`)
			.join("")}</tbody></table>
		<table class="table table-sm"><thead><tr><th>${__("SKU")}</th><th class="text-right">${__("Pieces")}</th>
		<th class="text-right">${__("Unit Price")}</th><th class="text-right">${__("Listing Price")}</th>
		<th class="text-right">${__("Amount")}</th></tr></thead><tbody>${lines.join("")}</tbody></table>
		<p>${__("Total")}: ${format_currency(order.total_amount)} · ${__("Paid Amount")}: ${format_currency(order.paid_amount)}</p>
		<p class="text-muted small">${__("Keys: J and K next and last, Space marks, * marks all, U takes the last step back")}</p>`;
}
