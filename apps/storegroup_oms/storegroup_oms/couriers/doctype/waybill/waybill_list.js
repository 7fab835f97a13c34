const STATE_COLOURS = {
	Requested: "yellow",
	Assigned: "blue",
	Used: "green",
	"To Recycle": "orange",
	Recycled: "gray",
	Voided: "red",
};

frappe.listview_settings.Waybill = {
	hide_name_column: true,
	add_fields: ["state", "error"],
	get_indicator(doc) {
		return [__(doc.state), STATE_COLOURS[doc.state] || "gray", `state,=,${doc.state}`];
	},
	onload(list) {
		if (frappe.model.can_write("Shipment")) {
			list.page.add_actions_menu_item(__("Void …"), () => void_numbers(list), false);
		}
		if (frappe.model.can_write("Waybill Account")) {
			list.page.add_inner_button(__("Give Back Now"), () =>
				frappe
					.xcall("storegroup_oms.api.waybills.recycle_now")
					.then(() => frappe.show_alert({ message: __("The numbers are given back in the background.") }))
			);
		}
		list.page.add_inner_button(__("Unused Waybills"), () =>
			frappe.set_route("query-report", "Unused Waybills")
		);
	},
};

function void_numbers(list) {
	const names = list.get_checked_items(true);
	frappe.prompt(
		[
			{ fieldname: "reason", label: __("Reason"), fieldtype: "Small Text", reqd: 1 },
			{
				fieldname: "give_back",
				label: __("Give it back to the service"),
				fieldtype: "Check",
				default: 1,
			},
		],
		async ({ reason, give_back }) => {
			const answer = await frappe.xcall("storegroup_oms.api.waybills.void", {
				names: JSON.stringify(names),
				reason,
				give_back,
			});
			const refused = Object.values(answer.refused);
			if (refused.length) frappe.msgprint({ title: __("Number Stays"), message: refused.join("<br>") });
			list.clear_checked_items();
			list.refresh();
		},
		__("Void Waybill Numbers"),
		__("Void")
	);
}
