const ADVICE = {
	Received: ["blue", __("Stored and acknowledged; worked on in a moment.")],
	Done: ["green", __("Worked off.")],
	Retry: ["orange", __("Did not work yet. It is tried again by itself at the time named below.")],
	Failed: ["red", __("Given up after many attempts. The order is found by the next pull; look at the error.")],
	Ignored: ["gray", __("Of no concern for us.")],
};

frappe.ui.form.on("Connector Event", {
	setup(frm) {
		frm.get_docfield("payload").formatter = storegroup_oms.connections.make_json;
	},

	refresh(frm) {
		frm.disable_save();
		frm.set_df_property("status", "read_only", 1);
		const [colour, advice] = ADVICE[frm.doc.status] || ["gray", ""];
		const error = frm.doc.error_message ? ` [${frm.doc.error_code || ""}] ${frm.doc.error_message}` : "";
		frm.dashboard.set_headline(`${advice}${frappe.utils.escape_html(error)}`, colour);
		if (frm.doc.kind === "order" && frm.doc.object_no && frappe.model.can_read("Shop")) {
			frm.add_custom_button(__("Fetch This Order"), () =>
				storegroup_oms.connections.start("fetch_orders", {
					shop: frm.doc.shop,
					order_nos: frm.doc.object_no,
				})
			);
		}
	},
});
