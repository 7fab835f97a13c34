const ENTRY_API = "storegroup_oms.api.stock_entries";
const ENTRY_KINDS = [
	"Receipt",
	"Issue",
	"Transfer",
	"Adjustment",
	"Return to Good",
	"Return to Defective",
	"Damage",
];

frappe.ui.form.on("Stock Entry", {
	setup(frm) {
		frm.set_query("sku", "items", () => ({ filters: { is_bundle: 0, is_active: 1 } }));
		frm.set_query("warehouse", () => ({ filters: { is_active: 1 } }));
		frm.set_query("to_warehouse", (doc) => ({ filters: { is_active: 1, name: ["!=", doc.warehouse] } }));
	},

	refresh(frm) {
		// A reversal is made by its button.
		if (frm.is_new()) frm.set_df_property("kind", "options", ENTRY_KINDS);
		if (frm.doc.docstatus === 0) {
			frm.add_custom_button(__("Paste Rows"), () => paste_rows(frm));
			frm.add_custom_button(__("Upload Sheet"), () => upload_rows(frm));
		}
		if (frm.doc.docstatus !== 1) return;
		// What is posted is reversed, not cancelled.
		frm.page.clear_secondary_action();
		if (["On the Way", "Partly Received"].includes(frm.doc.status)) {
			frm.add_custom_button(__("Receive"), () => receive(frm)).addClass("btn-primary");
		}
		if (frm.doc.kind !== "Reversal" && frm.doc.status !== "Reversed") {
			frm.add_custom_button(__("Reverse"), () => reverse(frm));
		}
		frm.add_custom_button(__("Stock Ledger"), () =>
			frappe.set_route("List", "Stock Ledger", { source_name: frm.doc.name })
		);
		if (frm.doc.lost_orders) {
			frm.set_intro(__("Orders lost their stock: {0}", [frm.doc.lost_orders.split("\n").join(", ")]), "orange");
		}
	},

	scan_code(frm) {
		const code = (frm.doc.scan_code || "").trim();
		if (!code) return;
		frm.set_value("scan_code", "");
		frappe
			.call({ method: `${ENTRY_API}.read_rows`, type: "POST", args: { text: `${code}\t1` } })
			.then(({ message }) => message && add_rows(frm, message))
			.always(() => frm.get_field("scan_code").$input.focus());
	},
});

// Rows of SKUs that are there already are added up.
function add_rows(frm, rows) {
	rows.forEach((row) => {
		const known = (frm.doc.items || []).find((item) => item.sku === row.sku);
		if (known) {
			frappe.model.set_value(known.doctype, known.name, "qty", cint(known.qty) + row.qty);
			return;
		}
		const empty = (frm.doc.items || []).find((item) => !item.sku && !item.barcode);
		const item = empty || frm.add_child("items");
		const { sku, sku_name, barcode, qty, bin_location } = row;
		Object.assign(item, { sku, sku_name, barcode, qty, bin_location });
		if (flt(row.unit_cost)) item.unit_cost = row.unit_cost;
	});
	frm.dirty();
	frm.refresh_field("items");
	frappe.show_alert({ message: __("{0} rows taken over", [rows.length]), indicator: "green" });
}

function paste_rows(frm) {
	const dialog = new frappe.ui.Dialog({
		title: __("Paste Rows"),
		fields: [
			{
				fieldname: "text",
				fieldtype: "Code",
				reqd: 1,
				label: __("Rows to Paste"),
				description: __("One SKU a line: code or barcode, pieces, unit cost if known; as copied from Excel."),
			},
		],
		primary_action_label: __("Take Over"),
		primary_action: ({ text }) =>
			frappe.call({ method: `${ENTRY_API}.read_rows`, type: "POST", args: { text } }).then(({ message }) => {
				dialog.hide();
				add_rows(frm, message);
			}),
	});
	dialog.show();
}

function upload_rows(frm) {
	new frappe.ui.FileUploader({
		restrictions: { allowed_file_types: [".csv", ".xlsx"] },
		allow_multiple: false,
		make_attachments_public: false,
		on_success: (file) =>
			frappe
				.call({ method: `${ENTRY_API}.read_rows`, type: "POST", args: { file: file.file_url } })
				.then(({ message }) => message && add_rows(frm, message)),
	});
}

function receive(frm) {
	const open = frm.doc.items
		.map((row) => ({ sku: row.sku, sku_name: row.sku_name, open: row.qty - row.received_qty - row.missing_qty }))
		.filter((row) => row.open > 0);
	const dialog = new frappe.ui.Dialog({
		title: __("Receive"),
		size: "large",
		fields: [
			{
				fieldname: "rows",
				fieldtype: "Table",
				cannot_add_rows: true,
				cannot_delete_rows: true,
				in_place_edit: true,
				data: open.map((row) => ({ ...row, came: row.open })),
				fields: [
					{ fieldname: "sku", fieldtype: "Data", label: __("SKU"), in_list_view: 1, read_only: 1, columns: 3 },
					{ fieldname: "sku_name", fieldtype: "Data", label: __("SKU Name"), in_list_view: 1, read_only: 1, columns: 3 },
					{ fieldname: "open", fieldtype: "Int", label: __("On the Way"), in_list_view: 1, read_only: 1, columns: 2 },
					{ fieldname: "came", fieldtype: "Int", label: __("Received"), in_list_view: 1, columns: 2 },
				],
			},
			{
				fieldname: "is_last",
				fieldtype: "Check",
				label: __("Nothing more will come"),
				description: __("What is still on the way is written off, and a task is opened."),
			},
		],
		primary_action_label: __("Receive"),
		primary_action: ({ rows, is_last }) => {
			const pieces = Object.fromEntries(rows.map((row) => [row.sku, row.came]));
			const args = { name: frm.doc.name, receipt_count: frm.doc.receipt_count, pieces, is_last: cint(is_last) };
			return frappe.call({ method: `${ENTRY_API}.receive`, type: "POST", args }).then(() => {
				dialog.hide();
				frm.reload_doc();
			});
		},
	});
	dialog.show();
}

function reverse(frm) {
	frappe.prompt(
		{ fieldname: "reason", fieldtype: "Data", label: __("Reason"), reqd: 1 },
		({ reason }) =>
			frappe
				.call({ method: `${ENTRY_API}.reverse`, type: "POST", args: { name: frm.doc.name, reason } })
				.then(({ message }) => frappe.set_route("Form", "Stock Entry", message)),
		__("Reverse"),
		__("Reverse")
	);
}
