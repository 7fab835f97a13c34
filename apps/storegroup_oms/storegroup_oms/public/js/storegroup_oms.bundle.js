// What every desk page of the product shares.
frappe.provide("storegroup_oms");
