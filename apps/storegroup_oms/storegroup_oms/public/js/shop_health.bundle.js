frappe.provide("storegroup_oms");

const REFRESH_MS = 30_000;

// All shops at a glance, most money at risk first. Asks again every half minute while somebody looks.
storegroup_oms.ShopHealth = class ShopHealth {
	constructor(wrapper) {
		this.page = frappe.ui.make_app_page({ parent: wrapper, title: __("Shop Health"), single_column: true });
		this.page.set_secondary_action(__("Refresh"), () => this.load(), "refresh");
		this.page.add_inner_button(__("Quarantine"), () =>
			frappe.set_route("List", "Quarantined Order", { status: "Waiting" })
		);
		this.page.add_inner_button(__("Pull Windows"), () => frappe.set_route("List", "Pull Window"));
		this.platform = this.page.add_field({
			fieldname: "platform",
			fieldtype: "Select",
			label: __("Platform"),
			options: [
				{ value: "", label: __("All Platforms") },
				...["Taobao", "JD", "Pinduoduo", "Douyin", "Manual"].map((value) => ({ value, label: __(value) })),
			],
			change: () => this.draw(),
		});
		this.level = this.page.add_field({
			fieldname: "level",
			fieldtype: "Select",
			label: __("Status"),
			options: [
				{ value: "", label: __("All States") },
				{ value: "red", label: __("Needs Attention") },
				{ value: "orange", label: __("Worth a Look") },
				{ value: "green", label: __("Healthy") },
			],
			change: () => this.draw(),
		});
		this.$body = $('<div class="shop-health"></div>').appendTo(this.page.main);
		this.$body.on("click", "[data-shop]", (event) => this.open(event));
		setInterval(() => this.is_seen() && this.load(), REFRESH_MS);
		$(document).on("visibilitychange", () => this.is_seen() && this.load());
	}

	is_seen() {
		return !document.hidden && frappe.get_route()[0] === "shop-health";
	}

	load() {
		if (this.is_loading) return;
		this.is_loading = true;
		frappe
			.call({ method: "storegroup_oms.api.shop_health.get_board", type: "GET" })
			.then(({ message }) => {
				this.board = message;
				this.draw();
			})
			.always(() => (this.is_loading = false));
	}

	draw() {
		if (!this.board) return;
		const platform = this.platform.get_value();
		const level = this.level.get_value();
		const rows = this.board.rows.filter(
			(row) => (!platform || row.platform === platform) && (!level || row.level === level)
		);
		this.page.set_indicator(__("As of {0}", [make_clock(this.board.as_of)]), "gray");
		if (!this.board.rows.length) {
			this.$body.html(
				make_empty(__("There is no shop yet."), __("Make a shop, give it its access, then test the connection."))
			);
		} else if (!rows.length) {
			this.$body.html(make_empty(__("No shop matches."), __("Choose another platform or state.")));
		} else {
			this.$body.html(make_tiles(rows) + make_table(rows, this.board));
		}
	}

	open(event) {
		event.preventDefault();
		const { shop, kind } = event.currentTarget.dataset;
		const target = make_targets(shop, this.board)[kind];
		frappe.set_route(...target);
	}
};

function make_targets(shop, board) {
	const soon = moment(board.as_of).add(board.ship_soon_hours, "hours").format("YYYY-MM-DD HH:mm:ss");
	const to_ship = ["not in", ["Unpaid", "Shipped", "Completed", "Closed"]];
	return {
		shop: ["Form", "Shop", shop],
		overdue: ["List", "Order", { shop, status: to_ship, ship_by: ["<", board.as_of] }],
		soon: ["List", "Order", { shop, status: to_ship, ship_by: ["between", [board.as_of, soon]] }],
		risk: ["List", "Order", { shop, status: to_ship, ship_by: ["<=", soon] }],
		windows: ["List", "Pull Window", { shop, status: ["!=", "Complete"] }],
		messages: ["List", "Connector Event", { shop, status: ["in", ["Failed", "Retry"]] }],
		quarantine: ["List", "Quarantined Order", { shop, status: "Waiting" }],
		listings: ["List", "Listing", { shop, sku: ["is", "not set"], status: "On Sale" }],
		stock: ["List", "Listing", { shop, differs_since: ["is", "set"] }],
	};
}

function make_empty(title, hint) {
	return `<div class="shop-health-empty"><h4>${title}</h4><p class="text-muted">${hint}</p></div>`;
}

function make_tiles(rows) {
	const sum = (field) => rows.reduce((total, row) => total + flt(row[field]), 0);
	const count = (level) => rows.filter((row) => row.level === level).length;
	const tiles = [
		[__("Shops"), rows.length, ""],
		[__("Needs Attention"), count("red"), count("red") ? "red" : "green"],
		[__("Money at Risk"), format_currency(sum("money_at_risk")), sum("money_at_risk") ? "orange" : "green"],
		[__("Late Orders"), sum("overdue_orders"), sum("overdue_orders") ? "red" : "green"],
		[__("Missing Orders"), sum("missing_orders"), sum("missing_orders") ? "red" : "green"],
		[__("In Quarantine"), sum("quarantined"), sum("quarantined") ? "orange" : "green"],
	].map(
		([label, value, colour]) => `<div class="shop-health-tile ${colour}">
			<div class="shop-health-value">${value}</div><div class="text-muted">${label}</div>
		</div>`
	);
	return `<div class="shop-health-tiles">${tiles.join("")}</div>`;
}

function make_table(rows, board) {
	const heads = [
		[__("Shop"), ""],
		[__("Status"), ""],
		[__("Money at Risk"), __("Paid amount of orders that are late or near their ship-by time, and an estimate for those in quarantine.")],
		[__("Late Orders"), __("Past their ship-by time and not shipped.")],
		[__("Due Soon"), __("To be shipped within {0} hours.", [board.ship_soon_hours])],
		[__("Complete Up To"), __("Every order changed before this time is proven to be here.")],
		[__("Last Push"), __("When the platform last pushed a message, and how long an order took to the desk.")],
		[__("Missing"), __("Orders that the platform counts and that are not here yet; they are fetched by themselves.")],
		[__("Messages"), __("Pushed messages that failed or are tried again.")],
		[__("Quarantine"), __("Orders that could not be read.")],
		[__("Unmatched"), __("Listings on sale without a SKU.")],
		[__("Stock Differences"), __("Listings whose stock at the platform is another than was sent.")],
		[__("Authorisation"), __("When the platform's authorisation ends.")],
	];
	const head = heads
		.map(([label, hint]) => `<th title="${frappe.utils.escape_html(hint)}">${label}</th>`)
		.join("");
	const labels = heads.map(([label]) => label);
	const body = rows.map((row) => make_row(row, labels, board)).join("");
	return `<div class="shop-health-scroll"><table class="table shop-health-table">
		<thead><tr>${head}</tr></thead><tbody>${body}</tbody>
	</table></div>`;
}

function make_row(row, labels, board) {
	const name = frappe.utils.escape_html(row.name);
	const error = frappe.utils.escape_html(row.last_error || "");
	const since = row.failing_since
		? `<div class="small text-muted">${__("since {0}", [make_moment(row.failing_since)])}</div>`
		: "";
	const cells = [
		`${make_link(row, "shop", `<b>${name}</b>`)}<div class="small text-muted">${make_platform(row)}</div>`,
		`<span class="indicator-pill ${row.level}" title="${error}">${row.state}</span>${since}`,
		make_number(row, "risk", row.money_at_risk, "", format_currency(row.money_at_risk)),
		make_number(row, "overdue", row.overdue_orders, "red"),
		make_number(row, "soon", row.due_soon_orders, "orange"),
		make_age(row, row.complete_up_to, board.as_of),
		make_push(row, board.as_of),
		make_windows(row),
		make_number(row, "messages", total(row.failed_messages, row.retried_messages), "red"),
		make_number(row, "quarantine", row.quarantined, "orange"),
		make_number(row, "listings", row.unmatched_listings, "orange"),
		make_number(row, "stock", row.stock_differences, "orange"),
		make_end(row, board.as_of),
	];
	const tds = cells.map((cell, index) => `<td data-label="${labels[index]}"><div>${cell}</div></td>`).join("");
	return `<tr class="shop-health-row ${row.level}">${tds}</tr>`;
}

function total(...values) {
	return values.some((value) => value === null) ? null : values.reduce((sum, value) => sum + cint(value), 0);
}

function make_platform(row) {
	const value = row.platform;
	return __(value);
}

function make_link(row, kind, html, colour = "") {
	const shop = frappe.utils.escape_html(row.name);
	return `<a href="#" class="${colour}" data-shop="${shop}" data-kind="${kind}">${html}</a>`;
}

// A count that nobody may see is a dash, none is a quiet nought, anything else leads to its list.
function make_number(row, kind, value, colour, text) {
	if (value === null || value === undefined) return '<span class="text-muted">–</span>';
	if (!flt(value)) return '<span class="text-muted">0</span>';
	return make_link(row, kind, text || cint(value), colour ? `shop-health-${colour}` : "");
}

function make_windows(row) {
	if (row.open_windows === null) return make_number(row, "windows", null);
	if (cint(row.missing_orders)) return make_number(row, "windows", row.missing_orders, "red");
	if (cint(row.incomplete_windows)) {
		return make_link(row, "windows", __("{0} spans open", [cint(row.incomplete_windows)]), "shop-health-orange");
	}
	if (cint(row.open_windows) < 3) return make_number(row, "windows", 0);
	return make_link(row, "windows", __("{0} spans wait", [cint(row.open_windows)]), "text-muted");
}

function is_connected(row) {
	return row.platform !== "Manual" && row.has_access;
}

function make_clock(value) {
	return moment(value).format("HH:mm:ss");
}

function make_moment(value) {
	const pattern = moment(value).isSame(moment(), "day") ? "HH:mm" : "MM-DD HH:mm";
	return moment(value).format(pattern);
}

function make_span(minutes) {
	if (minutes < 60) return __("{0} min", [Math.max(0, Math.round(minutes))]);
	if (minutes < 48 * 60) return __("{0} h", [(minutes / 60).toFixed(1)]);
	return __("{0} days", [Math.floor(minutes / 1440)]);
}

function make_age(row, value, as_of) {
	if (!is_connected(row) || !value) return '<span class="text-muted">–</span>';
	const minutes = moment(as_of).diff(moment(value), "seconds") / 60;
	const colour = minutes > 60 ? "red" : minutes > 10 ? "orange" : "green";
	return `<span class="shop-health-${colour}">${make_moment(value)}</span>
		<div class="small text-muted">${__("{0} ago", [make_span(minutes)])}</div>`;
}

function make_push(row, as_of) {
	if (!is_connected(row) || !row.last_message_at) return '<span class="text-muted">–</span>';
	const minutes = moment(as_of).diff(moment(row.last_message_at), "seconds") / 60;
	const delay = cint(row.push_delay_ms);
	const colour = delay > 5000 ? "orange" : "green";
	const took = delay
		? `<div class="small shop-health-${colour}">${__("took {0} s", [(delay / 1000).toFixed(1)])}</div>`
		: "";
	return `${__("{0} ago", [make_span(minutes)])}${took}`;
}

function make_end(row, as_of) {
	if (!is_connected(row) || !row.token_expires_at) return '<span class="text-muted">–</span>';
	const minutes = moment(row.token_expires_at).diff(moment(as_of), "minutes");
	if (minutes < 0 || row.status === "Authorisation Expired") return `<span class="shop-health-red">${__("Ended")}</span>`;
	const colour = row.can_refresh ? "green" : minutes < 1440 ? "red" : minutes < 3 * 1440 ? "orange" : "green";
	const note = row.can_refresh ? `<div class="small text-muted">${__("renews itself")}</div>` : "";
	return `<span class="shop-health-${colour}">${make_span(minutes)}</span>${note}`;
}
