"""Row scope: which shops and warehouses a user's records may belong to. One rule per DocType.

A User Permission on Shop or Warehouse narrows its user to those (for all DocTypes, or for the one it is
"applicable for"); without one the user sees all that the roles allow. `SCOPES` says once for each DocType
how a row belongs to a shop or a warehouse. From it come the condition of lists, reports, exports, searches
and REST lists, and the answer about one document, so that no two doors can differ. `storegroup_oms.doors`
closes the doors where Frappe itself asks neither.

Frappe's own matching of User Permissions runs besides: it only ever takes more away. Where it would differ
between list and document (links in child rows, links that mean nothing for access) the link has
`ignore_user_permissions`. Three rules follow from ours:
- A row without the link is outside the scope of a narrowed user (a Task without one is everybody's).
- A parcel of several orders is in scope when one of its orders is.
- Sharing one document with a user is an exception that list and document honour alike; only
  administrators may share.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import frappe
from frappe import _
from frappe.permissions import get_user_permissions

ALLOWS = ("Shop", "Warehouse")
WRITES = ("create", "write", "submit", "amend", "import")
# What the hook says when it has no objection: Frappe 16 takes anything but True for a refusal, while on
# Frappe 15 True would silence the hooks of other apps.
NO_OBJECTION = True if int(frappe.__version__.partition(".")[0]) >= 16 else None


@dataclass(frozen=True)
class Scope:
	"""How a row belongs to shops and warehouses.

	`shop` and `warehouse` are SQL with `{values}` for escaped names. A row that has a `parent` is in scope
	when a row of that DocType is, tied by the SQL in `tie`. With `reference`, the fieldnames of a dynamic
	link, a row about a record outside the scope is outside too.
	"""

	shop: str = ""
	warehouse: str = ""
	parent: str = ""
	tie: str = ""
	reference: tuple[str, str] | None = None


def _through(doctype: str, parent: str, field: str) -> Scope:
	return Scope(parent=parent, tie=f"`tab{parent}`.name = `tab{doctype}`.`{field}`")


def _line_of(doctype: str, parent: str) -> Scope:
	return Scope(
		parent=parent,
		tie=f"`tab{parent}`.name = `tab{doctype}`.parent AND `tab{doctype}`.parenttype = '{parent}'",
	)


def _all_parcels_of_batch(condition: str) -> str:
	"""Its file shows the receivers of all its parcels, so one outside the scope hides it."""
	return (
		"NOT EXISTS (SELECT 1 FROM `tabPrint Batch Parcel` scope_parcel"
		f" WHERE scope_parcel.parent = `tabPrint Batch`.name AND NOT {condition})"
	)


SCOPES: dict[str, Scope] = {
	"Shop": Scope(shop="`tabShop`.name IN ({values})"),
	"Shop Warehouse": _line_of("Shop Warehouse", "Shop"),
	"Listing": Scope(shop="`tabListing`.shop IN ({values})"),
	"Order": Scope(shop="`tabOrder`.shop IN ({values})", warehouse="`tabOrder`.warehouse IN ({values})"),
	"Order Item": _line_of("Order Item", "Order"),
	"Order Receiver": _through("Order Receiver", "Order", "order"),
	"Order Event": _through("Order Event", "Order", "order"),
	"Order Change": _through("Order Change", "Order", "order"),
	"Order Hold": _through("Order Hold", "Order", "order"),
	"Review Check": Scope(shop="IFNULL(`tabReview Check`.shop, '') IN ('', {values})"),
	"Approval Rule": Scope(shop="IFNULL(`tabApproval Rule`.shop, '') IN ('', {values})"),
	"Order Import": Scope(shop="`tabOrder Import`.shop IN ({values})"),
	"Order Import Layout": Scope(shop="`tabOrder Import Layout`.shop IN ({values})"),
	"Personal Data Access": Scope(shop="`tabPersonal Data Access`.shop IN ({values})"),
	"Warehouse": Scope(warehouse="`tabWarehouse`.name IN ({values})"),
	"Warehouse Region": _line_of("Warehouse Region", "Warehouse"),
	"Stock Balance": Scope(warehouse="`tabStock Balance`.warehouse IN ({values})"),
	"Stock Alert": Scope(warehouse="`tabStock Alert`.warehouse IN ({values})"),
	"Stock Figure": Scope(warehouse="`tabStock Figure`.warehouse IN ({values})"),
	"Stock Drift": Scope(warehouse="`tabStock Drift`.warehouse IN ({values})"),
	"Stock Ledger": Scope(warehouse="`tabStock Ledger`.warehouse IN ({values})"),
	"Stock Batch Balance": Scope(warehouse="`tabStock Batch Balance`.warehouse IN ({values})"),
	"Stock Count": Scope(warehouse="`tabStock Count`.warehouse IN ({values})"),
	"Stock Count Line": Scope(warehouse="`tabStock Count Line`.warehouse IN ({values})"),
	"Stock Entry": Scope(
		warehouse="(`tabStock Entry`.warehouse IN ({values}) OR `tabStock Entry`.to_warehouse IN ({values}))"
	),
	"Stock Entry Item": _line_of("Stock Entry Item", "Stock Entry"),
	"Dedicated Stock": Scope(shop="`tabDedicated Stock`.shop IN ({values})"),
	"Stock Reservation": Scope(
		shop="IFNULL(`tabStock Reservation`.shop, '') IN ('', {values})",
		warehouse="`tabStock Reservation`.warehouse IN ({values})",
	),
	"Routing Policy": Scope(shop="IFNULL(`tabRouting Policy`.shop, '') IN ('', {values})"),
	"Routing Decision": _through("Routing Decision", "Order", "order"),
	"Gift Rule": Scope(shop="IFNULL(`tabGift Rule`.shop, '') IN ('', {values})"),
	"Gift Grant": _through("Gift Grant", "Order", "order"),
	"Courier Lane": Scope(warehouse="IFNULL(`tabCourier Lane`.warehouse, '') IN ('', {values})"),
	"Shipment": Scope(
		shop="EXISTS (SELECT 1 FROM `tabShipment Order` scope_line"
		" WHERE scope_line.parent = `tabShipment`.name AND scope_line.shop IN ({values}))",
		warehouse="`tabShipment`.warehouse IN ({values})",
	),
	"Print Batch": Scope(
		shop=_all_parcels_of_batch(
			"EXISTS (SELECT 1 FROM `tabShipment Order` scope_line"
			" WHERE scope_line.parent = scope_parcel.shipment AND scope_line.shop IN ({values}))"
		),
		warehouse=_all_parcels_of_batch(
			"EXISTS (SELECT 1 FROM `tabShipment` scope_shipment"
			" WHERE scope_shipment.name = scope_parcel.shipment AND scope_shipment.warehouse IN ({values}))"
		),
	),
	"Print Batch Parcel": _line_of("Print Batch Parcel", "Print Batch"),
	"Wave": Scope(warehouse="`tabWave`.warehouse IN ({values})"),
	"Shipment Order": _line_of("Shipment Order", "Shipment"),
	"Shipment Item": _line_of("Shipment Item", "Shipment"),
	"Tracking Event": _through("Tracking Event", "Shipment", "shipment"),
	"Parcel Alert": _through("Parcel Alert", "Shipment", "shipment"),
	"Lane Figure": Scope(warehouse="IFNULL(`tabLane Figure`.warehouse, '') IN ('', {values})"),
	"Courier Claim": Scope(warehouse="`tabCourier Claim`.warehouse IN ({values})"),
	"Courier Claim Parcel": _line_of("Courier Claim Parcel", "Courier Claim"),
	"Waybill": _through("Waybill", "Shipment", "shipment"),
	"Waybill Account": Scope(shop="IFNULL(`tabWaybill Account`.shop, '') IN ('', {values})"),
	"Waybill Account Courier": _line_of("Waybill Account Courier", "Waybill Account"),
	"Waybill Account Shop": _line_of("Waybill Account Shop", "Waybill Account"),
	"Waybill Account Sender": _line_of("Waybill Account Sender", "Waybill Account"),
	"Pull Window": Scope(shop="`tabPull Window`.shop IN ({values})"),
	"Connector Event": Scope(shop="`tabConnector Event`.shop IN ({values})"),
	"Connector Call": Scope(shop="`tabConnector Call`.shop IN ({values})"),
	"Stock Push": Scope(shop="`tabStock Push`.shop IN ({values})"),
	"Ship Confirmation": _through("Ship Confirmation", "Order", "order"),
	"Quarantined Order": Scope(shop="`tabQuarantined Order`.shop IN ({values})"),
	"Webhook Delivery": Scope(shop="`tabWebhook Delivery`.shop IN ({values})"),
	"After-sale Case": Scope(shop="`tabAfter-sale Case`.shop IN ({values})"),
	"After-sale Inspection": _line_of("After-sale Inspection", "After-sale Case"),
	"Customer": Scope(parent="Order", tie="`tabOrder`.customer = `tabCustomer`.name"),
	"Customer Identity": _line_of("Customer Identity", "Customer"),
	"Task": Scope(
		shop="IFNULL(`tabTask`.shop, '') IN ('', {values})", reference=("reference_doctype", "reference_name")
	),
	# Frappe's own records that carry the names and titles of ours.
	"Tag Link": Scope(reference=("document_type", "document_name")),
	"Document Follow": Scope(reference=("ref_doctype", "ref_docname")),
	"Workflow Action": Scope(reference=("reference_doctype", "reference_name")),
}

REFERRED = (
	"Order",
	"Shipment",
	"Customer",
	"After-sale Case",
	"Task",
	"Listing",
	"Shop",
	"Stock Alert",
	"Warehouse",
	"Stock Entry",
)


def get_allowed(user: str, allow: str, doctype: str) -> list[str] | None:
	"""Names of the shops or warehouses (`allow`) that a user is narrowed to for a DocType; None when not narrowed."""
	rows = get_user_permissions(user).get(allow) or []
	names = {row.get("doc") for row in rows if row.get("applicable_for") in (None, "", doctype)}
	return sorted(names) if names else None


def get_scope_condition(doctype: str, user: str | None = None) -> str:
	"""The SQL condition of a DocType for a user; empty when nothing narrows. Values are escaped.

	A percent sign in a name stands as it is: double it where values are bound into the same statement.
	"""
	user = user or frappe.session.user
	scope = SCOPES.get(doctype)
	if not scope or user in ("Administrator", "Guest"):
		return ""
	conditions = []
	for allow, template in (("Shop", scope.shop), ("Warehouse", scope.warehouse)):
		names = get_allowed(user, allow, doctype) if template else None
		if names:
			escaped = ", ".join(frappe.db.escape(name, percent=False) for name in names)
			conditions.append(template.format(values=escaped))
	if scope.parent:
		conditions.extend(_make_exists(scope.parent, scope.tie, user))
	if scope.reference:
		conditions.extend(_make_reference_conditions(doctype, *scope.reference, user))
	return " AND ".join(f"({condition})" for condition in conditions)


def _make_exists(doctype: str, tie: str, user: str) -> Iterator[str]:
	condition = get_scope_condition(doctype, user)
	if condition:
		yield f"EXISTS (SELECT 1 FROM `tab{doctype}` WHERE {tie} AND {condition})"


def _make_reference_conditions(doctype: str, type_field: str, name_field: str, user: str) -> Iterator[str]:
	for referred in REFERRED:
		if referred == doctype:
			continue
		tie = f"`tab{referred}`.name = `tab{doctype}`.`{name_field}`"
		for exists in _make_exists(referred, tie, user):
			yield f"IFNULL(`tab{doctype}`.`{type_field}`, '') != '{referred}' OR {exists}"


def has_row_permission(doc, ptype: str = "read", user: str | None = None) -> bool | None:
	"""False when the document is outside the user's scope; `NO_OBJECTION` otherwise (roles decide).

	A saved document is judged by its row as stored, so that nobody gains access by what the form sends.
	To write or create, what the document newly points at must be inside the scope as well, so that nobody
	moves a record to another shop or attaches one to a record that they can't see.
	"""
	user = user or frappe.session.user
	if user == "Administrator" or not any(get_user_permissions(user).get(allow) for allow in ALLOWS):
		return NO_OBJECTION
	stored = bool(doc.name) and not doc.get("__islocal") and bool(frappe.db.exists(doc.doctype, doc.name))
	if stored and not is_in_scope(doc.doctype, doc.name, user):
		return False
	if not stored and not _has_own_links_in_scope(doc, user):
		return False
	if (not stored or ptype in WRITES) and not _has_new_links_in_scope(doc, stored, user):
		return False
	return NO_OBJECTION


def require_permission(doctype: str, ptype: str = "read", name: str | None = None) -> None:
	"""Raises frappe.PermissionError unless the session's user has the right, on one document where named.

	Frappe 15's own `throw=True` raises a mere ValidationError.
	"""
	if not frappe.has_permission(doctype, ptype, name):
		what = f"{_(doctype)} {name}" if name else _(doctype)
		frappe.throw(
			_("{0} is not open to you.").format(what), exc=frappe.PermissionError, title=_("Not Permitted")
		)


def is_in_scope(doctype: str, name: str, user: str | None = None) -> bool:
	"""True when the stored row is inside the user's scope. Asks for no role."""
	condition = get_scope_condition(doctype, user)
	if not condition:
		return True
	# The condition's values come from frappe.db.escape, the name is bound.
	return bool(
		frappe.db.sql(
			f"SELECT 1 FROM `tab{doctype}` WHERE `tab{doctype}`.name = %(name)s AND {condition.replace('%', '%%')}",
			{"name": name},
		)
	)


def _has_own_links_in_scope(doc, user: str) -> bool:
	"""A new document of a narrowed user carries the link that puts it into the scope."""
	scope = SCOPES.get(doc.doctype, Scope())
	for allow, template in (("Shop", scope.shop), ("Warehouse", scope.warehouse)):
		names = get_allowed(user, allow, doc.doctype) if template else None
		if not names:
			continue
		if doc.doctype == allow:
			return False
		field = frappe.scrub(allow)
		optional = doc.doctype == "Task" or not doc.meta.has_field(field)
		value = doc.get(field)
		if value not in names and not (optional and not value):
			return False
	return True


def _has_new_links_in_scope(doc, stored: bool, user: str) -> bool:
	for row in (doc, *doc.get_all_children()):
		old = {}
		if stored and row.name:
			fields = [field.fieldname for field in _get_link_fields(row.doctype)]
			old = frappe.db.get_value(row.doctype, row.name, fields, as_dict=True) if fields else None
		for field in _get_link_fields(row.doctype):
			target = field.options if field.fieldtype == "Link" else row.get(field.options)
			value = row.get(field.fieldname)
			if not value or target not in SCOPES or value == (old or {}).get(field.fieldname):
				continue
			if frappe.db.exists(target, value) and not is_in_scope(target, value, user):
				return False
	return True


def _get_link_fields(doctype: str) -> list:
	return [
		field
		for field in frappe.get_meta(doctype).fields
		if field.fieldtype in ("Link", "Dynamic Link")
		and not field.ignore_user_permissions
		and (field.fieldtype == "Dynamic Link" or field.options in SCOPES)
	]


def _make_condition(doctype: str) -> Callable[[str | None], str]:
	def condition(user: str | None = None) -> str:
		return get_scope_condition(doctype, user)

	condition.__doc__ = f"The scope condition of {doctype}, as a Frappe hook."
	return condition


def get_condition_name(doctype: str) -> str:
	"""Name of this module's function that gives the condition of a DocType."""
	return f"{doctype.lower().replace(' ', '_').replace('-', '_')}_condition"


# Frappe 15 calls the hook with the user only, so each DocType has a function of its own.
for _doctype in SCOPES:
	globals()[get_condition_name(_doctype)] = _make_condition(_doctype)
