frappe.pages["shop-health"].on_page_load = (wrapper) => {
	frappe.require("shop_health.bundle.js", () => {
		wrapper.board = new storegroup_oms.ShopHealth(wrapper);
		wrapper.board.load();
	});
};
frappe.pages["shop-health"].on_page_show = (wrapper) => wrapper.board && wrapper.board.load();
