import { VIEWS, MOVEMENT_KINDS, get_value, describe_place } from "./stock_views";

const READ_BY_VIEW = {
	movements: "Stock Ledger",
	ages: "Stock Figure",
	slow: "Stock Figure",
	batches: "Stock Batch Balance",
};
const BATCH_COLOURS = { Expired: "red", "Not for Sale": "red", "Expires Soon": "orange", Good: "green" };

frappe.provide("storegroup_oms");

const PAGE = 50;
const COUNT_LIMIT = 1001;
const LAST_START = 100_000;
const TYPING_MS = 300;

// Stock by SKU and warehouse, its movements, age and value: a page of rows at a time, filtered by the server.
storegroup_oms.StockDesk = class StockDesk {
	constructor(wrapper) {
		this.page = frappe.ui.make_app_page({ parent: wrapper, title: __("Stock Overview"), single_column: true });
		this.view = "matrix";
		this.start = 0;
		this.asked = 0;
		this.make_buttons();
		this.make_fields();
		this.$tabs = $('<div class="stock-desk-tabs btn-group" role="tablist"></div>').appendTo(this.page.main);
		this.$body = $('<div class="stock-desk" tabindex="0"></div>').appendTo(this.page.main);
		this.$tabs.on("click", "[data-view]", ({ currentTarget }) => this.go({ view: currentTarget.dataset.view }));
		this.$body.on("click", "[data-go]", (event) => this.follow(event));
		this.$body.on("click", "[data-step]", ({ currentTarget }) => this.turn(Number(currentTarget.dataset.step)));
		$(document).on("keydown.stock_desk", (event) => this.press(event));
	}

	make_buttons() {
		this.page.set_secondary_action(__("Refresh"), () => this.load(), "refresh");
		this.page.add_inner_button(__("Export to Excel"), () => this.export_all());
		if (frappe.model.can_read("Stock Drift")) {
			this.page.add_inner_button(__("Stock Proof"), () => frappe.set_route("query-report", "Stock Proof"));
		}
		if (frappe.model.can_read("Stock Alert")) {
			this.page.add_inner_button(__("Alerts"), () => frappe.set_route("List", "Stock Alert", { status: "Open" }));
		}
	}

	make_fields() {
		const orders = [
			{ value: "sku", label: __("By SKU") },
			{ value: "available", label: __("Scarcest First") },
			{ value: "on_hand", label: __("Most First") },
		];
		const days = [30, 60, 90, 180, 365].map((value) => ({
			value,
			label: __("Not Sold for {0} Days", [value]),
		}));
		const kinds = MOVEMENT_KINDS.map((value) => ({ value, label: __(value) }));
		const definitions = [
			{ fieldname: "text", fieldtype: "Data", label: __("Code, Barcode or Name") },
			{ fieldname: "sku", fieldtype: "Link", options: "SKU", label: __("SKU") },
			{ fieldname: "category", fieldtype: "Data", label: __("Category") },
			{ fieldname: "warehouse", fieldtype: "Link", options: "Warehouse", label: __("Warehouse") },
			{ fieldname: "kind", fieldtype: "Select", label: __("Movement Type"), options: [{ value: "", label: "" }, ...kinds] },
			{ fieldname: "from_time", fieldtype: "Date", label: __("From") },
			{ fieldname: "to_time", fieldtype: "Date", label: __("To") },
			{ fieldname: "source", fieldtype: "Data", label: __("Source Name") },
			{ fieldname: "days", fieldtype: "Select", label: __("Days without a Sale"), options: days, default: 90 },
			{ fieldname: "order_by", fieldtype: "Select", label: __("Order"), options: orders, default: "sku" },
		];
		const changed = frappe.utils.debounce(() => this.change(), TYPING_MS);
		this.fields = {};
		for (const definition of definitions) {
			this.fields[definition.fieldname] = this.page.add_field({ ...definition, change: changed });
		}
		this.fields.text.$input.on("input", changed);
	}

	// The route says which view; options of the route (as from a link elsewhere) become filters.
	show() {
		const view = frappe.get_route()[1];
		const options = frappe.route_options || {};
		frappe.route_options = null;
		this.start = 0;
		// Rights on fields are known once the DocType is.
		return Promise.all([this.set_filters(options), frappe.model.with_doctype("Stock Balance")]).then(() => {
			this.view = VIEWS[view] && this.may_see(view) ? view : "matrix";
			return this.load();
		});
	}

	set_filters(values) {
		const known = Object.entries(values).filter(([name]) => this.fields[name]);
		return Promise.all(known.map(([name, value]) => this.fields[name].set_value(value)));
	}

	get_filters() {
		const filters = {};
		for (const name of VIEWS[this.view].filters) {
			const value = this.fields[name].get_value();
			if (value) filters[name] = value;
		}
		return filters;
	}

	change() {
		const filters = JSON.stringify(this.get_filters());
		if (filters === this.shown) return;
		this.start = 0;
		this.load();
	}

	go({ view, filters }) {
		frappe.route_options = filters || {};
		if (frappe.get_route()[1] === view) this.show();
		else frappe.set_route("stock-desk", view);
	}

	turn(step) {
		const start = this.start + step * PAGE;
		if (start < 0 || (step > 0 && !this.has_more())) return;
		this.start = start;
		this.load();
	}

	has_more() {
		return this.answer && this.answer.rows.length === PAGE && this.start + PAGE < LAST_START;
	}

	load() {
		this.draw_tabs();
		const asked = ++this.asked;
		const filters = this.get_filters();
		this.shown = JSON.stringify(filters);
		return frappe
			.call({
				method: "storegroup_oms.api.stock.get_stock_page",
				type: "GET",
				args: { view: this.view, filters, start: this.start, length: PAGE },
			})
			.then(({ message }) => {
				// An answer that was overtaken by a later question is of no use.
				if (asked !== this.asked) return;
				this.answer = message;
				this.draw();
			});
	}

	draw_tabs() {
		const allowed = Object.keys(VIEWS).filter((view) => this.may_see(view));
		this.$tabs.html(
			allowed
				.map((view) => {
					const active = view === this.view ? "btn-primary" : "btn-default";
					return `<button class="btn btn-sm ${active}" role="tab" data-view="${view}">${VIEWS[view].label()}</button>`;
				})
				.join("")
		);
		for (const [name, field] of Object.entries(this.fields)) {
			$(field.wrapper).toggle(VIEWS[this.view].filters.includes(name));
		}
	}

	may_see(view) {
		if (view === "values") return frappe.perm.has_perm("Stock Balance", 1, "read");
		return frappe.model.can_read(READ_BY_VIEW[view] || "Stock Balance");
	}

	draw() {
		const { rows } = this.answer;
		if (!rows.length) {
			this.$body.html(this.make_empty());
			return;
		}
		const columns = VIEWS[this.view]
			.columns(this.answer)
			.filter((column) => column.kind !== "money" || rows.some((row) => column.field in row));
		this.$body.html(make_table(rows, columns, this.answer.totals) + this.make_pager());
	}

	make_empty() {
		const filters = Object.keys(this.get_filters()).filter((name) => !["days", "order_by"].includes(name));
		let [title, hint] = [__("There is no stock yet."), __("Receive goods first; they appear here at once.")];
		if (this.start > 0) {
			[title, hint] = [__("No more rows."), __("Go back a page.")];
		} else if (filters.length) {
			[title, hint] = [__("No stock matches."), __("Change the filters, or clear them.")];
		} else if (this.view === "batches") {
			[title, hint] = [__("No batch is in stock."), __("Goods with batches appear here once they are received.")];
		} else if (this.view === "slow") {
			[title, hint] = [__("Everything in stock has sold lately."), __("Choose fewer days to see more.")];
		} else if (this.view === "ages") {
			[title, hint] = [__("Nothing to show."), __("Age and sales are reckoned from the ledger once an hour.")];
		}
		return `<div class="stock-desk-empty"><h4>${title}</h4><p class="text-muted">${hint}</p></div>`;
	}

	make_pager() {
		const { rows, count } = this.answer;
		const total = count >= COUNT_LIMIT ? `${COUNT_LIMIT - 1}+` : count;
		return `<div class="stock-desk-pager">
			<button class="btn btn-default btn-sm" data-step="-1" title="[" ${this.start ? "" : "disabled"}>${__("Previous Page")}</button>
			<span class="text-muted">${__("{0} to {1} of {2}", [this.start + 1, this.start + rows.length, total])}</span>
			<button class="btn btn-default btn-sm" data-step="1" title="]" ${this.has_more() ? "" : "disabled"}>${__("Next Page")}</button>
			<span class="text-muted small">${__("Keys: / search, [ and ] pages, arrows and Enter a row")}</span>
		</div>`;
	}

	// A SKU leads to its movements, a number of a warehouse to those there, a source to its document.
	follow(event) {
		event.preventDefault();
		const { go, sku, warehouse, doctype, name } = event.currentTarget.dataset;
		if (go === "form") frappe.set_route("Form", doctype, name);
		else if (!this.may_see("movements")) frappe.set_route("Form", "SKU", sku);
		else this.go({ view: "movements", filters: { text: "", sku, warehouse: warehouse || "" } });
	}

	export_all() {
		const args = { view: this.view, filters: this.get_filters() };
		frappe
			.xcall("storegroup_oms.api.stock.export_stock_page", args)
			.then(() => frappe.show_alert(__("The file is being written. A notice tells you when it is ready.")));
	}

	press(event) {
		if (frappe.get_route()[0] !== "stock-desk" || $(event.target).is(":input, [contenteditable]")) return;
		if (event.ctrlKey || event.metaKey || event.altKey || $(".modal:visible").length) return;
		const acts = {
			"/": () => this.fields.text.$input.trigger("focus"),
			"[": () => this.turn(-1),
			"]": () => this.turn(1),
			ArrowDown: () => this.choose(1),
			ArrowUp: () => this.choose(-1),
			Enter: () => this.$body.find("tr.chosen [data-go]").first().trigger("click"),
		};
		if (!acts[event.key]) return;
		event.preventDefault();
		acts[event.key]();
	}

	choose(step) {
		const $rows = this.$body.find("tbody tr");
		const index = $rows.index($rows.filter(".chosen")) + step;
		if (index < 0 || index >= $rows.length) return;
		$rows.removeClass("chosen").eq(index).addClass("chosen")[0].scrollIntoView({ block: "nearest" });
	}
};

function make_table(rows, columns, totals) {
	const head = columns.map((column) => `<th class="${get_class(column)}" title="${escape(column.hint)}">${escape(column.label)}</th>`);
	const body = rows.map(
		(row) => `<tr>${columns.map((column) => `<td class="${get_class(column)}">${make_cell(row, column)}</td>`).join("")}</tr>`
	);
	return `<div class="stock-desk-scroll"><table class="table table-hover stock-desk-table">
		<thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody>${make_totals(columns, totals)}
	</table></div>`;
}

function make_totals(columns, totals) {
	if (!totals) return "";
	const cells = columns.map((column, index) => {
		const value = totals[column.field];
		const text = value === undefined || value === null ? (index ? "" : __("Total")) : make_cell(totals, column);
		return `<td class="${get_class(column)}"><b>${text}</b></td>`;
	});
	return `<tfoot><tr>${cells.join("")}</tr></tfoot>`;
}

function get_class(column) {
	return ["number", "change", "money", "place"].includes(column.kind) ? "text-right" : "";
}

function escape(value) {
	return frappe.utils.escape_html(String(value ?? ""));
}

function make_cell(row, column) {
	const value = get_value(row, column);
	if (column.kind === "place") return make_place(row, column, value);
	if (value === undefined || value === null || value === "") return '<span class="text-muted">–</span>';
	const makers = {
		sku: () => `<a href="#" data-go="movements" data-sku="${escape(value)}">${escape(value)}</a>
			<a href="#" class="text-muted" data-go="form" data-doctype="SKU" data-name="${escape(value)}" title="${__("Open")}">↗</a>`,
		time: () => frappe.datetime.str_to_user(value),
		day: () => frappe.datetime.str_to_user(String(value).slice(0, 10)),
		word: () => __(value),
		person: () => escape(make_person(value)),
		number: () => (value < 0 ? `<span class="stock-desk-red">${value}</span>` : value),
		change: () => (value > 0 ? `+${value}` : value || '<span class="text-muted">0</span>'),
		money: () => format_currency(value),
		state: () => `<span class="indicator-pill ${BATCH_COLOURS[value]}">${__(value)}</span>`,
		source: () =>
			`<a href="#" data-go="form" data-doctype="${escape(row.source_doctype)}" data-name="${escape(value)}">${escape(value)}</a>`,
	};
	return makers[column.kind] ? makers[column.kind]() : escape(value);
}

function make_person(user) {
	const value = frappe.user_info(user).fullname || user;
	return __(value);
}

function make_place(row, column, place) {
	if (!place) return '<span class="text-muted">–</span>';
	const colour = place.available < 0 ? "stock-desk-red" : "";
	return `<a href="#" class="${colour}" data-go="movements" data-sku="${escape(row.sku)}"
		data-warehouse="${escape(column.warehouse)}" title="${describe_place(place)}">${place.available}</a>`;
}
