const PLATFORM_OF = { Cainiao: "Taobao", JD: "JD", Pinduoduo: "Pinduoduo", Douyin: "Douyin" };

frappe.ui.form.on("Waybill Account", {
	setup(frm) {
		frm.set_query("shop", () => ({ filters: { platform: PLATFORM_OF[frm.doc.provider] || "" } }));
		frm.set_query("courier", "couriers", () => ({ filters: { is_active: 1 } }));
	},

	refresh(frm) {
		if (frm.is_new()) return;
		if (frm.doc.failing_since) {
			const since = frappe.datetime.str_to_user(frm.doc.failing_since);
			const what = __("The service has been failing since {0}.", [since]);
			frm.dashboard.set_headline(`${what} ${frappe.utils.escape_html(frm.doc.last_error || "")}`, "red");
		}
		if (frappe.model.can_write("Waybill Account")) {
			frm.add_custom_button(__("Test Connection"), () => test_connection(frm));
		}
		frm.add_custom_button(__("Waybill Numbers"), () =>
			frappe.set_route("List", "Waybill", { account: frm.doc.name })
		);
	},
});

async function test_connection(frm) {
	const rows = await frappe.xcall("storegroup_oms.api.waybills.test_account", { account: frm.doc.name });
	const lines = rows.map((row) => {
		const courier = frappe.utils.escape_html(row.courier);
		if (!row.ok) return `${courier}: ${frappe.utils.escape_html(row.message)}`;
		return row.balance === null
			? `${courier}: ${__("The service answers.")}`
			: `${courier}: ${__("{0} numbers left.", [row.balance])}`;
	});
	frappe.msgprint({
		title: __("Test Connection"),
		message: lines.join("<br>") || __("Enter a courier first."),
		indicator: rows.every((row) => row.ok) ? "green" : "red",
	});
	frm.reload_doc();
}
