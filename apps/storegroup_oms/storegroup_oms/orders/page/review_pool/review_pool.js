frappe.pages["review-pool"].on_page_load = (wrapper) => {
	frappe.require("review_pool.bundle.js", () => {
		wrapper.pool = new storegroup_oms.ReviewPool(wrapper);
		wrapper.pool.show();
	});
};
frappe.pages["review-pool"].on_page_show = (wrapper) => wrapper.pool && wrapper.pool.show();
