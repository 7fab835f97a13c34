frappe.ui.form.on("Shipment", {
	setup(frm) {
		frm.set_query("courier", () => ({ filters: { is_active: 1 } }));
		frm.set_query("warehouse", () => ({ filters: { is_active: 1 } }));
	},

	refresh(frm) {
		if (frm.doc.stop_reasons) {
			const reasons = frm.doc.stop_reasons.split(",").map((code) => __(frappe.unscrub(code)));
			const text = frappe.utils.escape_html(reasons.join(", "));
			frm.dashboard.set_headline(`<b>${__("Stop the parcel")}</b>: ${text}`, "red");
		} else if (frm.doc.exception) {
			frm.dashboard.set_headline(__(frm.doc.exception), "orange");
		}
		show_tracking(frm);
	},
});

function show_tracking(frm) {
	const wrapper = frm.get_field("tracking_html").$wrapper.empty();
	if (frm.is_new()) return;
	frappe.db
		.get_list("Tracking Event", {
			filters: { shipment: frm.doc.name },
			fields: ["occurred_at", "code", "place", "text"],
			order_by: "occurred_at desc",
			limit: 200,
		})
		.then((events) => wrapper.html(make_tracking(events)));
}

function make_tracking(events) {
	if (!events.length) return `<p class="text-muted">${__("The courier has reported nothing yet.")}</p>`;
	const escape = frappe.utils.escape_html;
	const rows = events.map(
		(row) => `<tr>
			<td class="text-muted text-nowrap">${escape(frappe.datetime.str_to_user(row.occurred_at))}</td>
			<td class="text-nowrap">${row.code ? escape(__(row.code)) : ""}</td>
			<td>${escape(row.place || "")}</td>
			<td>${escape(row.text || "")}</td>
		</tr>`
	);
	return `<table class="table table-sm"><tbody>${rows.join("")}</tbody></table>`;
}
