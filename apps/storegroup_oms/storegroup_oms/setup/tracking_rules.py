"""Tracking rules to begin with. What an administrator changed stays."""

import frappe

# (name, kind, hours, priority)
RULES = (
	("Not Picked Up within a Day", "No Pickup", 24, "High"),
	("Not Moved for Two Days", "No Movement", 48, "High"),
	("Silent for a Week", "Suspected Lost", 168, "Urgent"),
	("Refused by the Receiver", "Refused", 0, "High"),
	("On Its Way Back", "Returned", 0, "High"),
	("Wrong Address or Phone", "Wrong Address", 0, "Urgent"),
	("Damaged on the Way", "Damaged", 0, "High"),
	("Late for Its Lane", "Delayed", 24, "Normal"),
	("Signed for without a Delivery Scan", "No Delivery Scan", 24, "Normal"),
)
FIELDS = ("rule_name", "kind", "hours", "priority")


def ensure_tracking_rules() -> None:
	"""Insert the rules on a site that has none; so one that was deleted doesn't come back."""
	if frappe.db.count("Tracking Rule"):
		return
	for row in RULES:
		rule = frappe.get_doc({"doctype": "Tracking Rule", **dict(zip(FIELDS, row, strict=True))})
		rule.insert(ignore_permissions=True)  # installation runs before anyone has a role
