"""Warehouses and the places that hang on them: each may have one for its defective goods."""

import frappe
from frappe import _

from storegroup_oms.exceptions import InvalidValueError

# Kinds whose stock is sold and shipped; the others are never routed to and never offered to shops.
SELLING_KINDS = ("Own", "Third Party", "Platform")
DEFECTIVE = "Defective"


def find_defective(warehouse: str) -> str | None:
	"""The place of a warehouse's defective goods."""
	return frappe.db.get_value("Warehouse", {"belongs_to": warehouse, "warehouse_kind": DEFECTIVE})


def create_defective(warehouse: str) -> str:
	"""Make the place of a warehouse's defective goods; returns its name, also when it is there already."""
	if existing := find_defective(warehouse):
		return existing
	owner = frappe.get_doc("Warehouse", warehouse)
	if owner.warehouse_kind == DEFECTIVE:
		frappe.throw(
			_("Warehouse {0} holds defective goods itself.").format(warehouse),
			exc=InvalidValueError,
			title=_("Wrong Kind of Warehouse"),
		)
	copied = ("province", "city", "district", "address", "contact_name", "contact_mobile")
	document = frappe.get_doc(
		{
			"doctype": "Warehouse",
			"warehouse_name": _("{0} Defective").format(warehouse),
			"warehouse_kind": DEFECTIVE,
			"belongs_to": warehouse,
			**{field: owner.get(field) for field in copied},
		}
	)
	# Whoever works in the warehouse may lay its defective goods aside.
	document.insert(ignore_permissions=True)
	_open_to_same_users(warehouse, document.name)
	return document.name


def _open_to_same_users(warehouse: str, place: str) -> None:
	"""Whoever is narrowed to the warehouse sees the place as well."""
	rows = frappe.get_all(
		"User Permission",
		filters={"allow": "Warehouse", "for_value": warehouse},
		fields=["user", "apply_to_all_doctypes", "applicable_for"],
		order_by="user asc, name asc",
	)
	for row in rows:
		permission = frappe.get_doc(
			{"doctype": "User Permission", "allow": "Warehouse", "for_value": place, **row}
		)
		# Follows from what an administrator has given already.
		permission.insert(ignore_permissions=True)
