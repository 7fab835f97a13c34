// How each courier does; managers see which lanes another one would serve better.
frappe.query_reports["Courier Scorecard"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("From Date"),
			fieldtype: "Date",
			default: frappe.datetime.add_days(frappe.datetime.get_today(), -29),
		},
		{
			fieldname: "to_date",
			label: __("To Date"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
		},
		{
			fieldname: "group_by",
			label: __("Group By"),
			fieldtype: "Select",
			options: ["Courier", "Courier and Warehouse", "Lane"],
			default: "Courier",
		},
		{ fieldname: "courier", label: __("Courier"), fieldtype: "Link", options: "Courier" },
		{ fieldname: "warehouse", label: __("Warehouse"), fieldtype: "Link", options: "Warehouse" },
		{ fieldname: "province", label: __("Province"), fieldtype: "Data" },
	],

	onload(report) {
		if (!frappe.user.has_role(["OMS Manager", "OMS Administrator", "System Manager"])) return;
		report.page
			.add_inner_button(__("What to Change"), () => show_advice(report))
			.addClass("btn-primary");
	},
};

function show_advice(report) {
	frappe
		.xcall("storegroup_oms.api.tracking.get_courier_advice", { filters: report.get_values() })
		.then((changes) => {
			const dialog = new frappe.ui.Dialog({ title: __("What to Change"), size: "extra-large" });
			dialog.$body.html(make_advice(changes));
			dialog.$body.on("click", "button", (event) => {
				const button = $(event.currentTarget).prop("disabled", true);
				const change = changes[cint(button.data("index"))];
				frappe
					.xcall("storegroup_oms.api.tracking.draft_courier_rule", {
						warehouse: change.warehouse,
						province: change.province,
						courier: change.better,
						filters: report.get_values(),
					})
					.then(({ doctype, name }) => {
						dialog.hide();
						frappe.set_route("Form", doctype, name);
					});
			});
			dialog.show();
		});
}

function make_advice(changes) {
	if (!changes.length) {
		return `<p class="text-muted p-3">${__("No lane would be served better by another courier.")}</p>`;
	}
	const escape = frappe.utils.escape_html;
	const number = (value, digits = 2) => format_number(value, null, digits);
	const rows = changes.map(
		(row, index) => `<tr>
			<td>${escape(row.warehouse)} → ${escape(row.province)}</td>
			<td>${escape(row.courier)} → <b>${escape(row.better)}</b></td>
			<td class="text-right">${cint(row.parcels)}</td>
			<td class="text-right"><b>${number(row.saves_total)}</b></td>
			<td class="text-right">${number(row.freight_saves)}</td>
			<td class="text-right">${number(row.days)}</td>
			<td class="text-right">${number(row.problem_rate)}</td>
			<td><button class="btn btn-xs btn-default" data-index="${index}">${__("Draft a Rule")}</button></td>
		</tr>`
	);
	const heads = [
		__("Lane"),
		__("Courier"),
		__("Parcels"),
		__("Saves in All"),
		__("Freight Saved per Parcel"),
		__("Days More (less: -)"),
		__("Problems More (%)"),
		"",
	];
	return `<table class="table table-sm"><thead><tr>${heads
		.map((head) => `<th>${head}</th>`)
		.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}
