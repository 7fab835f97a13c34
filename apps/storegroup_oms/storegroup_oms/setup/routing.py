"""The routing policy that a new site starts with."""

import frappe

DEFAULT_POLICY = "Default"


def ensure_default_policy() -> None:
	"""Create the policy for all shops unless any policy exists."""
	if frappe.db.count("Routing Policy"):
		return
	# Installation runs before anyone has a role.
	frappe.get_doc({"doctype": "Routing Policy", "policy_name": DEFAULT_POLICY}).insert(
		ignore_permissions=True
	)
