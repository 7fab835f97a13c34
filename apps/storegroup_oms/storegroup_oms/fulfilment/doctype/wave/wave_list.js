frappe.listview_settings["Wave"] = {
	get_indicator(doc) {
		const colours = { Picking: "orange", Picked: "green", Dissolved: "gray" };
		return [__(doc.status), colours[doc.status], `status,=,${doc.status}`];
	},
	onload(listview) {
		if (!frappe.model.can_write("Wave")) return;
		listview.page.add_inner_button(__("New Wave"), () => choose_warehouse(listview), null, "primary");
	},
};

function choose_warehouse(listview) {
	frappe.prompt(
		{
			fieldname: "warehouse",
			fieldtype: "Link",
			options: "Warehouse",
			label: __("Warehouse"),
			reqd: 1,
			default: localStorage.getItem("wave-warehouse"),
			get_query: () => ({ filters: { is_active: 1 } }),
		},
		({ warehouse }) => {
			localStorage.setItem("wave-warehouse", warehouse);
			suggest_waves(listview, warehouse);
		},
		__("New Wave"),
		__("Next")
	);
}

// What could be picked together now, each with its count; the first one is chosen.
function suggest_waves(listview, warehouse) {
	frappe
		.call({ method: "storegroup_oms.api.waves.suggest", type: "GET", args: { warehouse } })
		.then(({ message }) => {
			if (!message.length) {
				frappe.msgprint({ title: __("New Wave"), message: __("No parcel of this warehouse waits for a wave.") });
				return;
			}
			const describe = ({ kind, value, count, ship_by }) => {
				const by = ship_by ? ` · ${__("Ship By")} ${frappe.datetime.str_to_user(ship_by)}` : "";
				return `${[__(kind), value].filter(Boolean).join(": ")} · ${__("{0} parcels", [count])}${by}`;
			};
			const options = message.map((row, index) => ({ value: String(index), label: describe(row) }));
			const fields = [
				{ fieldname: "choice", fieldtype: "Select", label: __("Parcels"), options, default: "0", reqd: 1 },
				{ fieldname: "size", fieldtype: "Data", label: __("At Most (Parcels)"), default: "30", reqd: 1 },
				{ fieldname: "picker", fieldtype: "Link", options: "User", label: __("Picker") },
			];
			frappe.prompt(
				fields,
				({ choice, size, picker }) => {
					const { kind, value } = message[cint(choice)];
					frappe
						.call({
							method: "storegroup_oms.api.waves.create",
							type: "POST",
							args: { warehouse, kind, value, size: cint(size), picker: picker || "" },
							freeze: true,
						})
						.then(({ message: name }) => {
							listview.refresh();
							frappe.set_route("Form", "Wave", name);
						});
				},
				__("New Wave"),
				__("Make")
			);
		});
}
