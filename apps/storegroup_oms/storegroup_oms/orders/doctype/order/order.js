frappe.ui.form.on("Order", {
	setup(frm) {
		frm.set_query("sku", "items", () => ({ filters: { is_active: 1 } }));
		frm.set_query("listing", "items", (doc) => ({ filters: { shop: doc.shop } }));
		frm.set_query("warehouse", () => ({ filters: { is_active: 1 } }));
		frm.set_query("courier", () => ({ filters: { is_active: 1 } }));
	},

	refresh(frm) {
		show_reasons(frm);
		show_timeline(frm);
		if (frm.is_new()) return;
		show_routing(frm);
		storegroup_oms.show_ways(frm.get_field("parcels_html").$wrapper, frm.doc.name);
		if (frm.doc.items.some((row) => row.sku)) {
			frm.add_custom_button(__("Which Warehouse Now"), () => show_preview(frm));
		}
		frm.add_custom_button(__("Reveal Contact"), () => ask_reveal(frm));
		if (is_from_platform(frm.doc) && frappe.model.can_write("Order")) {
			frm.add_custom_button(__("Fetch from Platform Again"), () =>
				storegroup_oms.connections.refresh_orders([frm.doc.name])
			);
		}
		if (frappe.model.can_create("After-sale Case")) {
			frm.add_custom_button(
				__("After-sale Case"),
				() => frappe.new_doc("After-sale Case", { order: frm.doc.name }),
				__("Create")
			);
		}
		if (frappe.model.can_create("Task")) {
			frm.add_custom_button(__("Task"), () => create_task(frm), __("Create"));
		}
	},
});

frappe.ui.form.on("Order Item", {
	qty: (frm, cdt, cdn) => set_line_amount(cdt, cdn),
	unit_price: (frm, cdt, cdn) => set_line_amount(cdt, cdn),
	discount_amount: (frm, cdt, cdn) => set_line_amount(cdt, cdn),
	sku(frm, cdt, cdn) {
		const row = locals[cdt][cdn];
		if (!row.sku || row.title) return;
		frappe.db.get_value("SKU", row.sku, ["sku_name", "specification"]).then(({ message }) => {
			frappe.model.set_value(cdt, cdn, {
				title: message.sku_name,
				specification: message.specification,
			});
		});
	},
});

function is_from_platform(doc) {
	return doc.platform && doc.platform !== "Manual";
}

// The latest decision about the warehouse, in the Fulfilment tab.
function show_routing(frm) {
	const wrapper = frm.get_field("routing_html").$wrapper.empty();
	frm.toggle_display("routing_section", Boolean(frm.doc.stock_state));
	if (!frm.doc.stock_state || !frappe.model.can_read("Routing Decision")) return;
	ask_routing("get_decision", frm).then(({ message }) => wrapper.html(make_routing(message)));
}

function show_preview(frm) {
	ask_routing("preview_decision", frm).then(({ message }) => {
		const dialog = new frappe.ui.Dialog({
			title: __("Which Warehouse Now"),
			size: "large",
			fields: [{ fieldname: "routing", fieldtype: "HTML" }],
		});
		dialog.get_field("routing").$wrapper.html(
			`<p class="text-muted">${__("As stock, prices and load are at this moment. Nothing is changed.")}</p>` +
				make_routing(message)
		);
		dialog.show();
	});
}

function ask_routing(method, frm) {
	return frappe.call({
		method: `storegroup_oms.api.routing.${method}`,
		type: "GET",
		args: { order: frm.doc.name },
	});
}

function make_routing(decision) {
	const escape = frappe.utils.escape_html;
	if (!decision) return `<p class="text-muted">${__("There is nothing to decide.")}</p>`;
	const colours = { Reserved: "green", Split: "blue", "Partly Reserved": "yellow", Short: "orange" };
	const when = decision.decided_at ? frappe.datetime.str_to_user(decision.decided_at) : "";
	const value = decision.policy;
	const notes = [decision.reason, value && __("Policy: {0}", [__(value)]), when];
	const status = decision.outcome;
	const head = `<p><span class="indicator-pill ${colours[decision.outcome]} no-indicator-dot">
		${escape(__(status))}</span>
		<span class="text-muted ml-2">${escape(notes.filter(Boolean).join(" · "))}</span></p>`;
	const labels = [__("Warehouse"), __("Points"), __("Distance (km)"), __("Load (%)")];
	if (decision.shows_cost) labels.push(__("Courier's Price"));
	const heads = labels.map((label, index) => `<th class="${index ? "text-right" : ""}">${label}</th>`);
	const titles = [...heads, `<th>${__("Why")}</th>`].join("");
	const rows = decision.candidates.map((row) => {
		const numbers = [row.total, row.km, row.load_percent];
		if (decision.shows_cost) numbers.push(row.cost);
		const cells = numbers.map((value) => `<td class="text-right">${escape(`${value ?? "-"}`)}</td>`);
		const why = row.is_chosen ? [__("Sends {0} pieces", [row.units])] : row.why;
		return `<tr class="${row.is_chosen ? "font-weight-bold" : ""}"><td>${escape(row.warehouse)}</td>
			${cells.join("")}<td>${why.map(escape).join("<br>")}</td></tr>`;
	});
	return `${head}<table class="table table-sm table-bordered mb-0">
		<thead><tr>${titles}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function set_line_amount(cdt, cdn) {
	const row = locals[cdt][cdn];
	const amount = flt(row.qty) * flt(row.unit_price) - flt(row.discount_amount);
	frappe.model.set_value(cdt, cdn, "amount", flt(amount, 2));
}

function split_codes(codes) {
	return (codes || "").split(",").filter(Boolean);
}

function make_reason_rows(codes, meanings, colour) {
	return split_codes(codes)
		.map((code) => {
			const label = frappe.utils.escape_html(__(frappe.unscrub(code)));
			const meaning = frappe.utils.escape_html(meanings[code] || "");
			return `<div class="mb-1">
				<span class="indicator-pill ${colour} no-indicator-dot">${label}</span>
				<span class="text-muted ml-2">${meaning}</span>
			</div>`;
		})
		.join("");
}

function show_reasons(frm) {
	const meanings = (frm.doc.__onload && frm.doc.__onload.meanings) || { hold: {}, stop: {} };
	const holds = make_reason_rows(frm.doc.hold_reasons, meanings.hold, "orange");
	const stops = make_reason_rows(frm.doc.stop_reasons, meanings.stop, "red");
	frm.get_field("hold_html").$wrapper.html(holds + stops);
	frm.toggle_display("holds_section", !frm.is_new());
	if (stops) {
		frm.dashboard.set_headline(`<b>${__("Stop the parcel")}</b>${stops}`, "red");
	} else if (holds) {
		frm.dashboard.set_headline(`<b>${__("This order is held")}</b>${holds}`, "orange");
	}
}

function show_timeline(frm) {
	const wrapper = frm.get_field("timeline_html").$wrapper.empty();
	if (frm.is_new()) return;
	// A document that the server did not send for this form carries none.
	const events = frm.doc.__onload && frm.doc.__onload.timeline;
	wrapper.html(make_timeline(events || []));
}

function make_timeline(events) {
	if (!events.length) return `<p class="text-muted">${__("Nothing has happened yet.")}</p>`;
	const escape = frappe.utils.escape_html;
	const rows = events.map((row) => {
		const move = row.to_status
			? [row.from_status, row.to_status].filter(Boolean).map((status) => __(status)).join(" → ")
			: "";
		return `<tr>
			<td class="text-muted text-nowrap">${escape(frappe.datetime.str_to_user(row.occurred_at))}</td>
			<td>${escape(__(row.event))}${storegroup_oms.gifts.explain(row.gifts)}</td>
			<td>${escape(move)}</td>
			<td class="text-muted">${escape(row.source ? __(row.source) : row.owner || "")}</td>
		</tr>`;
	});
	return `<table class="table table-sm"><tbody>${rows.join("")}</tbody></table>`;
}

function ask_reveal(frm) {
	frappe.prompt(
		{
			fieldname: "reason",
			fieldtype: "Small Text",
			label: __("Reason"),
			description: __("Who looked, when and why is kept."),
			reqd: 1,
		},
		({ reason }) => {
			frappe
				.call({
					method: "storegroup_oms.api.privacy.reveal_receiver",
					type: "POST",
					args: { order: frm.doc.name, reason },
					freeze: true,
				})
				.then(({ message }) => message && show_contact(frm, message));
		},
		__("Reveal Contact"),
		__("Show")
	);
}

function show_contact(frm, contact) {
	const escape = frappe.utils.escape_html;
	const region = [frm.doc.province, frm.doc.city, frm.doc.district, frm.doc.town].filter(Boolean).join(" ");
	const rows = [
		[__("Name"), contact.name],
		[__("Mobile"), contact.mobile],
		[__("Address"), [region, contact.address].filter(Boolean).join(" ")],
	].map(([label, value]) => `<tr><th>${label}</th><td>${escape(value || "-")}</td></tr>`);
	frappe.msgprint({
		title: __("Contact of {0}", [frm.doc.name]),
		message: `<table class="table table-bordered mb-0">${rows.join("")}</table>`,
	});
}

function create_task(frm) {
	frappe.new_doc("Task", {
		subject: __("Order {0}", [frm.doc.platform_order_no || frm.doc.name]),
		kind: "Order Exception",
		shop: frm.doc.shop,
		reference_doctype: "Order",
		reference_name: frm.doc.name,
	});
}
