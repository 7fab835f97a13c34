"""The module profile for people of the team: our modules, and none of the workspaces for builders."""

import frappe

STAFF_PROFILE = "OMS Staff"


def ensure_staff_profile() -> None:
	"""Create the profile where it is missing; what an administrator changed stays."""
	if frappe.db.exists("Module Profile", STAFF_PROFILE):
		return
	ours = set(frappe.get_module_list("storegroup_oms"))
	modules = frappe.get_all("Module Def", pluck="name", order_by="name asc")
	frappe.get_doc(
		{
			"doctype": "Module Profile",
			"module_profile_name": STAFF_PROFILE,
			"block_modules": [{"module": module} for module in modules if module not in ours],
		}
	).insert(ignore_permissions=True)  # installation runs before anyone has a role


def remove_staff_profile() -> None:
	"""Delete the profile; people who had it keep what they can see."""
	frappe.db.set_value("User", {"module_profile": STAFF_PROFILE}, "module_profile", None)
	if frappe.db.exists("Module Profile", STAFF_PROFILE):
		# The app is being taken away; nobody of its roles is left to ask.
		frappe.delete_doc("Module Profile", STAFF_PROFILE, ignore_permissions=True, force=True)
