frappe.pages["scan-receive"].on_page_load = (wrapper) => {
	frappe.require("scan.bundle.js", () => {
		wrapper.station = new storegroup_oms.ScanReceive(wrapper);
		wrapper.station.show();
	});
};
frappe.pages["scan-receive"].on_page_show = (wrapper) => wrapper.station && wrapper.station.show();
