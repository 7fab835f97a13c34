"""Endpoints of the Order Import form. Each asks for the right to write (or read) the import it is about."""

import frappe
from frappe import _

from storegroup_oms.exceptions import ImportStateError
from storegroup_oms.orders import order_import
from storegroup_oms.orders.importing import ImportFileError

MAX_MAPPING_CHARS = 20_000


@frappe.whitelist(methods=["POST"])
def start_check(name: str) -> None:
	"""Read the file in the background without writing any order."""
	_get_import(name, "write")
	order_import.enqueue(name, dry_run=True)


@frappe.whitelist(methods=["POST"])
def start_load(name: str) -> None:
	"""Load the orders of a checked file in the background."""
	_get_import(name, "write")
	order_import.enqueue(name, dry_run=False)


@frappe.whitelist(methods=["GET"])
def get_headings(name: str) -> dict:
	"""The file's headings, a suggested mapping, and our fields: {headings, suggestion, fields}."""
	document = _get_import(name, "read")
	return _refuse_clearly(order_import.get_headings, document)


@frappe.whitelist(methods=["POST"])
def save_mapping(name: str, mapping: str) -> str:
	"""Remember {our field: heading} (JSON) for the shop and this kind of file; returns the layout's name."""
	document = _get_import(name, "write")
	if len(mapping) > MAX_MAPPING_CHARS:
		frappe.throw(_("The column mapping is too long."), exc=ImportStateError)
	return _refuse_clearly(order_import.remember_mapping, document, frappe.parse_json(mapping))


def _get_import(name: str, permission: str):
	document = frappe.get_doc("Order Import", name)
	document.check_permission(permission)
	return document


def _refuse_clearly(function, *arguments):
	try:
		return function(*arguments)
	except ImportFileError as error:
		frappe.throw(
			_(error.message_template).format(*error.params),
			exc=ImportStateError,
			title=_("File Can't Be Used"),
		)
