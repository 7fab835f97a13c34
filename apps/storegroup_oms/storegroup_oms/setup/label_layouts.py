"""Label layouts to begin with: one for each paper. What an administrator changed stays."""

import frappe

from storegroup_oms.fulfilment.printing.labels import SIZES


def ensure_label_layouts() -> None:
	"""Insert a layout for each paper on a site that has none; so one that was deleted doesn't come back."""
	if frappe.db.count("Label Layout"):
		return
	for size in SIZES:
		values = {"layout_name": size.replace("x", " × "), "size": size, "is_default": int(size == SIZES[0])}
		layout = frappe.get_doc({"doctype": "Label Layout", **values})
		layout.insert(ignore_permissions=True)  # installation runs before anyone has a role
