"""Alert rules to begin with. What an administrator changed stays."""

import frappe

# (name, kind, for each warehouse, pieces, days, priority, enabled, makes a task)
RULES = (
	("Running Low", "Below Threshold", 0, 0, 0, "High", 1, 1),
	("Running Low in One Warehouse", "Below Threshold", 1, 0, 0, "Normal", 1, 1),
	("Sold Out within a Week", "Days of Cover", 0, 0, 7, "High", 1, 1),
	("Too Much Stock", "Over-stock", 0, 50, 180, "Low", 1, 0),
	("Doesn't Sell", "Slow Mover", 0, 20, 90, "Low", 1, 0),
	("Expires Soon", "Expiring", 1, 0, 30, "Normal", 1, 1),
)
FIELDS = ("rule_name", "kind", "each_warehouse", "threshold", "days", "priority", "enabled", "makes_task")


def ensure_stock_alert_rules() -> None:
	"""Insert the rules on a site that has none; so one that was deleted doesn't come back."""
	if frappe.db.count("Stock Alert Rule"):
		return
	for row in RULES:
		values = dict(zip(FIELDS, row, strict=True))
		rule = frappe.get_doc({"doctype": "Stock Alert Rule", **values})
		rule.insert(ignore_permissions=True)  # installation runs before anyone has a role
