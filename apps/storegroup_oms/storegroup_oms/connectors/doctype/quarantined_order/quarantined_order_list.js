const QUARANTINE_COLOURS = { Waiting: "orange", Resolved: "green", Dismissed: "gray" };

frappe.listview_settings["Quarantined Order"] = {
	hide_name_column: true,
	add_fields: ["status", "platform_order_no", "shop"],
	filters: [["status", "=", "Waiting"]],
	get_indicator(doc) {
		return [__(doc.status), QUARANTINE_COLOURS[doc.status] || "gray", `status,=,${doc.status}`];
	},
	formatters: {
		first_seen_at: (value) => storegroup_oms.connections.make_moment(value),
		reason_code(code) {
			return code ? frappe.utils.escape_html(__(frappe.unscrub(code))) : "";
		},
	},
	onload(listview) {
		listview.get_no_result_message = () => `<div class="msg-box no-border">
			<p>${__("Nothing waits in quarantine.")}</p>
			<p class="text-muted">${__("An order that can't be read is kept here until it can be; it holds up no other.")}</p>
		</div>`;
		if (!frappe.model.can_write("Quarantined Order")) return;
		const { connections } = storegroup_oms;
		const run = (work) => () => {
			const names = listview.get_checked_items(true);
			work(names).then(() => {
				listview.clear_checked_items();
				listview.refresh();
			});
		};
		listview.page.add_action_item(__("Replay"), run(connections.replay));
		listview.page.add_action_item(__("Give Up"), run(connections.dismiss));
	},
};
