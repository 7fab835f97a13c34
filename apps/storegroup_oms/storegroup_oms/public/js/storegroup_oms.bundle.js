import "./connections.js";

// What every desk page of the product shares.
frappe.provide("storegroup_oms");

import "./after_sales";
import "./couriers";
import "./find_order";
import "./gifts";
import "./list_count";
import "./parcel_way";
import "./parcels";
import "./printing";
import "./review";

// Lists of orders need the whole width. Who has chosen otherwise (menu: Toggle Full Width) keeps it.
if (localStorage.container_fullwidth === undefined) {
	localStorage.container_fullwidth = "true";
}

// Frappe's own help links lead to the manual of another product.
frappe.provide("frappe.help");
frappe.help.help_links = {};
