"""The product's own name and pictures on the login page and the desk, through public settings.

Only values that still are Frappe's defaults are replaced; what an administrator chose stays.
"""

import frappe

NAME = "Storegroup OMS"
LOGO = "/assets/storegroup_oms/images/logo.svg"
FAVICON = "/assets/storegroup_oms/images/favicon.svg"

# Standard help entries that lead to other products' pages.
FOREIGN_HELP = ("About", "Frappe Support")

WEBSITE_VALUES = {
	"app_name": NAME,
	"app_logo": LOGO,
	"favicon": FAVICON,
	"splash_image": LOGO,
	"footer_powered": NAME,
	"title_prefix": NAME,
}
SYSTEM_VALUES = {"app_name": NAME, "disable_standard_email_footer": 1}
FRAPPE_NAMES = ("", "Frappe", "Frappe Framework")


def ensure_branding() -> None:
	"""Set name, logo, favicon, splash picture and footer where they are Frappe's, and hide foreign help links."""
	_set_defaults("Website Settings", WEBSITE_VALUES)
	_set_defaults("System Settings", SYSTEM_VALUES)
	_set_defaults("Navbar Settings", {"app_logo": LOGO})
	_show_foreign_help(False)
	frappe.clear_cache()


def remove_branding() -> None:
	"""Give back Frappe's own look; values that aren't ours are left alone."""
	for doctype, values in (
		("Website Settings", WEBSITE_VALUES),
		("System Settings", SYSTEM_VALUES),
		("Navbar Settings", {"app_logo": LOGO}),
	):
		for field, value in values.items():
			if _get(doctype, field) == str(value):
				frappe.db.set_single_value(doctype, field, "Frappe" if field == "app_name" else None)
	_show_foreign_help(True)


def _set_defaults(doctype: str, values: dict) -> None:
	meta = frappe.get_meta(doctype)
	for field, value in values.items():
		if meta.has_field(field) and (_get(doctype, field) in FRAPPE_NAMES or value == 1):
			frappe.db.set_single_value(doctype, field, value)


def _get(doctype: str, field: str) -> str:
	return str(frappe.db.get_single_value(doctype, field) or "")


def _show_foreign_help(is_shown: bool) -> None:
	frappe.db.set_value(
		"Navbar Item",
		{"parent": "Navbar Settings", "parentfield": "help_dropdown", "item_label": ["in", FOREIGN_HELP], "is_standard": 1},
		"hidden",
		0 if is_shown else 1,
	)
