frappe.pages["scan-count"].on_page_load = (wrapper) => {
	frappe.require("scan.bundle.js", () => {
		wrapper.station = new storegroup_oms.ScanCount(wrapper);
		wrapper.station.show();
	});
};
frappe.pages["scan-count"].on_page_show = (wrapper) => wrapper.station && wrapper.station.show();
