frappe.listview_settings["Courier Lane"] = {
	hide_name_column: true,
	add_fields: ["is_served"],
	get_indicator(doc) {
		return doc.is_served ? [__("Served"), "green", "is_served,=,1"] : [__("Not Served"), "red", "is_served,=,0"];
	},
	formatters: {
		warehouse: (value) => frappe.utils.escape_html(value || __("All Warehouses")),
		province: (value) => frappe.utils.escape_html(value || __("Everywhere")),
	},
	onload(listview) {
		if (!frappe.model.can_create("Courier Lane") || !frappe.model.can_write("Courier Lane")) return;
		listview.page.add_inner_button(
			__("Download the Template"),
			() => open_url_post("/api/method/storegroup_oms.api.courier_prices.download_template", {}),
			__("Prices from Excel")
		);
		listview.page.add_inner_button(__("Upload Prices"), () => upload_prices(listview), __("Prices from Excel"));
	},
};

function upload_prices(listview) {
	new frappe.ui.FileUploader({
		restrictions: { allowed_file_types: [".csv", ".xlsx"] },
		allow_multiple: false,
		make_attachments_public: false,
		on_success: (file) =>
			frappe
				.call({
					method: "storegroup_oms.api.courier_prices.import_lanes",
					type: "POST",
					args: { file: file.file_url },
					freeze: true,
				})
				.then(({ message }) => {
					frappe.show_alert({
						message: __("Lanes created: {0}, changed: {1}, unchanged: {2}", [
							message.created,
							message.changed,
							message.same,
						]),
						indicator: "green",
					});
					listview.refresh();
				}),
	});
}
