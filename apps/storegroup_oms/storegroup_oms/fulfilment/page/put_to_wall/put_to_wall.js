frappe.pages["put-to-wall"].on_page_load = (wrapper) => {
	frappe.require("scan.bundle.js", () => {
		wrapper.wall = new storegroup_oms.Wall(wrapper);
		wrapper.wall.show();
	});
};
frappe.pages["put-to-wall"].on_page_show = (wrapper) => wrapper.wall && wrapper.wall.show();
