"""Defaults of `OMS Settings`."""

import frappe


def ensure_settings() -> None:
	"""Write the default of every setting that has no value yet."""
	settings = frappe.get_single("OMS Settings")
	stored = {
		row.field
		for row in frappe.db.sql("SELECT field FROM tabSingles WHERE doctype = 'OMS Settings'", as_dict=True)
	}
	missing = [field for field in settings.meta.fields if field.default and field.fieldname not in stored]
	for field in missing:
		settings.set(field.fieldname, frappe.utils.cast(field.fieldtype, field.default))
	if missing:
		settings.flags.ignore_permissions = True  # installation runs before anyone has a role
		settings.save()
