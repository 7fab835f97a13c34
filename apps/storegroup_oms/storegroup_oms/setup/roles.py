"""The six roles of a shop team, and the one of other systems."""

import frappe

ROLES = (
	"OMS Customer Service",
	"OMS Order Clerk",
	"OMS Warehouse Staff",
	"OMS Finance",
	"OMS Manager",
	"OMS Administrator",
	"OMS Integration",
)
# Programs that come with an API key; nobody works on the desk with this role alone. See docs/adr/0013.
WITHOUT_DESK = ("OMS Integration",)


def ensure_roles() -> None:
	"""Create the roles that are missing, with access to the desk but for `WITHOUT_DESK`. What an administrator changed stays."""
	existing = set(frappe.get_all("Role", filters={"name": ["in", ROLES]}, pluck="name", order_by="name asc"))
	for role in ROLES:
		if role not in existing:
			document = frappe.get_doc(
				{"doctype": "Role", "role_name": role, "desk_access": int(role not in WITHOUT_DESK)}
			)
			document.insert(ignore_permissions=True)  # installation runs before anyone has a role


def remove_roles() -> None:
	"""Delete the roles and take them from everybody."""
	for doctype, field in (
		("Has Role", "role"),
		("Custom DocPerm", "role"),
		("DocPerm", "role"),
		("Role", "name"),
	):
		frappe.db.delete(doctype, {field: ["in", ROLES]})
