"""Logs of ours that Frappe's Log Settings clears after some days."""

import frappe

DAYS = {
	"Connector Event": 30,
	"Connector Call": 7,
	"Pull Window": 30,
	"Routing Decision": 30,
	"Stock Proof": 90,
	"Stock Push": 14,
}


def ensure_log_clearing() -> None:
	"""Name our logs in Log Settings; days that an administrator changed stay."""
	settings = frappe.get_single("Log Settings")
	known = {row.ref_doctype for row in settings.logs_to_clear}
	missing = [doctype for doctype in DAYS if doctype not in known]
	for doctype in missing:
		settings.append("logs_to_clear", {"ref_doctype": doctype, "days": DAYS[doctype]})
	if missing:
		settings.flags.ignore_permissions = True  # installation runs before anyone has a role
		settings.save()
