"""Row scope: which shops and warehouses a user's records may belong to. One predicate per rule.

A User Permission on Shop or Warehouse narrows its user to those; without one the user sees all that
the roles allow. `SCOPES` says for each DocType how a row belongs to a shop or a warehouse, as one SQL
condition. The list, report, export, search and REST doors get that condition as filter; the document
door asks the same condition of the one row. Nothing else in the app decides on row scope.
"""

from collections.abc import Callable
from dataclasses import dataclass

import frappe
from frappe.permissions import get_user_permissions


@dataclass(frozen=True)
class Scope:
	"""SQL conditions with `{values}` for the escaped names; None where the DocType has no such link."""

	shop: str | None = None
	warehouse: str | None = None


def _column(doctype: str, field: str) -> str:
	return f"`tab{doctype}`.`{field}` IN ({{values}})"


_SHIPMENT_SHOP = (
	"EXISTS (SELECT 1 FROM `tabShipment Order` scope_line WHERE scope_line.parent = {parent}"
	" AND scope_line.shop IN ({{values}}))"
)

SCOPES: dict[str, Scope] = {
	"Shop": Scope(shop=_column("Shop", "name")),
	"Listing": Scope(shop=_column("Listing", "shop")),
	"Order": Scope(shop=_column("Order", "shop"), warehouse=_column("Order", "warehouse")),
	"Order Receiver": Scope(shop=_column("Order Receiver", "shop")),
	"Order Event": Scope(
		shop="EXISTS (SELECT 1 FROM `tabOrder` scope_order WHERE scope_order.name = `tabOrder Event`.`order`"
		" AND scope_order.shop IN ({values}))",
		warehouse="EXISTS (SELECT 1 FROM `tabOrder` scope_order WHERE scope_order.name = `tabOrder Event`.`order`"
		" AND scope_order.warehouse IN ({values}))",
	),
	"Order Import": Scope(shop=_column("Order Import", "shop")),
	"Order Import Layout": Scope(shop=_column("Order Import Layout", "shop")),
	"Personal Data Access": Scope(shop=_column("Personal Data Access", "shop")),
	"Warehouse": Scope(warehouse=_column("Warehouse", "name")),
	"Stock Balance": Scope(warehouse=_column("Stock Balance", "warehouse")),
	"Stock Ledger": Scope(warehouse=_column("Stock Ledger", "warehouse")),
	"Shipment": Scope(
		shop=_SHIPMENT_SHOP.format(parent="`tabShipment`.name"), warehouse=_column("Shipment", "warehouse")
	),
	"Tracking Event": Scope(
		shop=_SHIPMENT_SHOP.format(parent="`tabTracking Event`.shipment"),
		warehouse="EXISTS (SELECT 1 FROM `tabShipment` scope_parcel"
		" WHERE scope_parcel.name = `tabTracking Event`.shipment AND scope_parcel.warehouse IN ({values}))",
	),
	"Pull Window": Scope(shop=_column("Pull Window", "shop")),
	"Connector Event": Scope(shop=_column("Connector Event", "shop")),
	"After-sale Case": Scope(shop=_column("After-sale Case", "shop")),
	"Customer": Scope(
		shop="EXISTS (SELECT 1 FROM `tabOrder` scope_order WHERE scope_order.customer = `tabCustomer`.name"
		" AND scope_order.shop IN ({values}))"
	),
	"Task": Scope(shop="IFNULL(`tabTask`.`shop`, '') IN ('', {values})"),
}


def get_allowed(user: str, allow: str, doctype: str) -> list[str] | None:
	"""Names of the shops or warehouses (`allow`) that a user is narrowed to for a DocType; None when not narrowed."""
	rows = get_user_permissions(user).get(allow) or []
	names = {row.get("doc") for row in rows if row.get("applicable_for") in (None, "", doctype)}
	return sorted(names) if names else None


def get_scope_condition(doctype: str, user: str | None = None) -> str:
	"""The SQL condition of a DocType for a user; empty when the user is not narrowed. Values are escaped."""
	user = user or frappe.session.user
	if user == "Administrator" or doctype not in SCOPES:
		return ""
	conditions = []
	for allow, template in (("Shop", SCOPES[doctype].shop), ("Warehouse", SCOPES[doctype].warehouse)):
		names = get_allowed(user, allow, doctype) if template else None
		if names:
			conditions.append("(" + template.format(values=", ".join(frappe.db.escape(name) for name in names)) + ")")
	return " AND ".join(conditions)


def has_row_permission(doc, ptype: str = "read", user: str | None = None) -> bool | None:
	"""False when the document is outside the user's scope; None otherwise (roles decide).

	A saved document is judged by its row as stored, so that nobody gains access by what the form
	sends; a new one by its own link fields.
	"""
	user = user or frappe.session.user
	condition = get_scope_condition(doc.doctype, user)
	if not condition:
		return None
	if doc.get("__islocal") or not doc.name or not frappe.db.exists(doc.doctype, doc.name):
		return None if _may_create(doc, user) else False
	# The condition's values come from frappe.db.escape, the name is bound.
	found = frappe.db.sql(
		f"SELECT 1 FROM `tab{doc.doctype}` WHERE `tab{doc.doctype}`.name = %(name)s AND {condition.replace('%', '%%')}",
		{"name": doc.name},
	)
	return None if found else False


def _may_create(doc, user: str) -> bool:
	for allow, field in (("Shop", "shop"), ("Warehouse", "warehouse")):
		names = get_allowed(user, allow, doc.doctype)
		value = doc.name if doc.doctype == allow else doc.get(field)
		if names and value and value not in names:
			return False
	return True


def _make_condition(doctype: str) -> Callable[[str | None], str]:
	def condition(user: str | None = None) -> str:
		return get_scope_condition(doctype, user)

	condition.__doc__ = f"The scope condition of {doctype}, as a Frappe hook."
	return condition


def get_condition_name(doctype: str) -> str:
	return f"{frappe.scrub(doctype)}_condition"


# Frappe 15 calls the hook with the user only, so each DocType has a function of its own.
for _doctype in SCOPES:
	globals()[get_condition_name(_doctype)] = _make_condition(_doctype)
