frappe.pages["packing-table"].on_page_load = (wrapper) => {
	frappe.require("scan.bundle.js", () => {
		wrapper.table = new storegroup_oms.PackingTable(wrapper);
		wrapper.table.show();
	});
};
frappe.pages["packing-table"].on_page_show = (wrapper) => wrapper.table && wrapper.table.show();
