"""The checks that a new site starts with. What an administrator changed or deleted stays so."""

import frappe

# (code, effect, threshold, regions)
CHECKS = (
	("address_incomplete", "Hold", 0, ""),
	("address_unknown", "Hold", 0, ""),
	("phone_invalid", "Hold", 0, ""),
	("quantity_unusual", "Hold", 100, ""),
	("price_mismatch", "Hold", 50, ""),
	("amount_mismatch", "Hold", 0.01, ""),
	("duplicate_suspected", "Hold", 24, ""),
	("buyer_blocked", "Hold", 0, ""),
	("region_remote", "Hold", 0, "西藏自治区\n新疆维吾尔自治区\n台湾省\n香港特别行政区\n澳门特别行政区"),
	("memo_present", "Hold", 0, ""),
	("invoice_requested", "Tag", 0, ""),
	("balance_unpaid", "Hold", 0.01, ""),
	("ship_later", "Hold", 1, ""),
)
FIELDS = ("code", "effect", "threshold", "regions")
# An example for administrators: off, since only they know what may go on without a person.
RULE = {"rule_name": "Small Orders", "is_active": 0, "max_amount": 200, "min_age_minutes": 30}


def ensure_review_rules() -> None:
	"""Insert the checks, and an approval rule that is switched off, on a site that has none of them."""
	if not frappe.db.count("Review Check"):
		for row in CHECKS:
			check = frappe.get_doc({"doctype": "Review Check", **dict(zip(FIELDS, row, strict=True))})
			check.insert(ignore_permissions=True)  # installation runs before anyone has a role
	if not frappe.db.count("Approval Rule"):
		rule = frappe.get_doc({"doctype": "Approval Rule", **RULE})
		rule.insert(ignore_permissions=True)  # installation runs before anyone has a role
