frappe.pages["stock-desk"].on_page_load = (wrapper) => {
	frappe.require("stock_desk.bundle.js", () => {
		wrapper.desk = new storegroup_oms.StockDesk(wrapper);
		wrapper.desk.show();
	});
};
frappe.pages["stock-desk"].on_page_show = (wrapper) => wrapper.desk && wrapper.desk.show();
