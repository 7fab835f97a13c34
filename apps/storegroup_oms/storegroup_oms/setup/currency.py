"""The currency of the site where none was chosen: all platforms that the product speaks to settle in yuan."""

import frappe

CURRENCY = "CNY"
SYMBOL = "¥"


def ensure_currency() -> None:
	"""Switch yuan on with its symbol, and make it the site's default unless there is one."""
	known = frappe.db.get_value("Currency", CURRENCY, ["enabled", "symbol"], as_dict=True)
	if not known:
		return
	if not known.enabled or not known.symbol:
		frappe.db.set_value("Currency", CURRENCY, {"enabled": 1, "symbol": known.symbol or SYMBOL})
	if not frappe.db.get_default("currency"):
		if frappe.get_meta("System Settings").has_field("currency"):
			frappe.db.set_single_value("System Settings", "currency", CURRENCY)
		frappe.db.set_default("currency", CURRENCY)
	frappe.clear_cache()
