"""The product's own name and pictures on the login page and the desk, through public settings.

Only values that still are Frappe's defaults are replaced, and switches are set once: what an
administrator chose stays.
"""

import frappe

NAME = "Storegroup OMS"
LOGO = "/assets/storegroup_oms/images/logo.svg"
FAVICON = "/assets/storegroup_oms/images/favicon.svg"
FRAPPE_NAMES = ("", "Frappe", "Frappe Framework")

TEXTS = {
	"Website Settings": {
		"app_name": NAME,
		"app_logo": LOGO,
		"favicon": FAVICON,
		"splash_image": LOGO,
		"footer_powered": NAME,
		"brand_html": f'<img src="{LOGO}" alt="" width="24" height="24"> {NAME}',
	},
	"Navbar Settings": {"app_logo": LOGO},
	"System Settings": {"app_name": NAME},
}
# No "sent via" under e-mails, no tours of Frappe's own pages, no log-in link before there is an e-mail account.
SWITCHES = {"disable_standard_email_footer": 1, "enable_onboarding": 0, "login_with_email_link": 0}

# Standard help entries that lead to other products' pages.
FOREIGN_HELP = ("About", "Frappe Support")


def ensure_branding() -> None:
	"""Set name, logo, favicon, splash picture and footer where they are Frappe's; hide foreign help links."""
	is_first_time = _get("System Settings", "app_name") in FRAPPE_NAMES
	if is_first_time:
		_set_values("System Settings", SWITCHES)
		_show_foreign_help(False)
	for doctype, values in TEXTS.items():
		_set_values(
			doctype, {field: value for field, value in values.items() if _get(doctype, field) in FRAPPE_NAMES}
		)
	frappe.clear_cache()


def remove_branding() -> None:
	"""Give back Frappe's own look; texts that aren't ours are left alone."""
	for doctype, values in TEXTS.items():
		ours = [field for field, value in values.items() if _get(doctype, field) == value]
		_set_values(doctype, {field: "Frappe" if field == "app_name" else None for field in ours})
	_set_values("System Settings", {field: 1 - value for field, value in SWITCHES.items()})
	_show_foreign_help(True)


def _set_values(doctype: str, values: dict) -> None:
	"""Set what the DocType of this Frappe version knows."""
	meta = frappe.get_meta(doctype)
	for field, value in values.items():
		if meta.has_field(field):
			frappe.db.set_single_value(doctype, field, value)


def _get(doctype: str, field: str) -> str:
	return (
		str(frappe.db.get_single_value(doctype, field) or "")
		if frappe.get_meta(doctype).has_field(field)
		else ""
	)


def _show_foreign_help(is_shown: bool) -> None:
	frappe.db.set_value(
		"Navbar Item",
		{
			"parent": "Navbar Settings",
			"parentfield": "help_dropdown",
			"item_label": ["in", FOREIGN_HELP],
			"is_standard": 1,
		},
		"hidden",
		0 if is_shown else 1,
	)
