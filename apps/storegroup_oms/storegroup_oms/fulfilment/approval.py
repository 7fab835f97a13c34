"""What a person's change of an order does to its stock, within the same save."""

import frappe
from frappe.model.document import Document

from storegroup_oms.fulfilment.allocation import allocate
from storegroup_oms.fulfilment.allocation_queue import is_automatic
from storegroup_oms.inventory.reservation import count_lines
from storegroup_oms.transactions import refusing_when_busy

LINE_FIELDS = ("name", "sku", "qty", "refund_status")


def settle_saved(order: Document) -> None:
	"""The hook `order_saved_sinks`: an approved order is To Print with all its stock, else Backorder with the reason.

	A closed one gives its stock back, one of other goods or another warehouse holds other stock. The document is
	read anew when that changed it. Raises BusyError where the database ended the transaction for another's sake.
	"""
	before = order.get_doc_before_save()
	if not before:
		if order.warehouse:
			_keep_warehouse(order)
		return
	if order.stock_state:
		# The form sends the counts that it was opened with.
		count_lines({row.name for row in order.items})
	if not _has_other_wants(order, before):
		return
	if before.warehouse != order.warehouse:
		_keep_warehouse(order)
	with refusing_when_busy():
		allocate([order.name], frappe.session.user, reserves=is_automatic())
	order.reload()


def _keep_warehouse(order: Document) -> None:
	"""A warehouse that a person chose is the only one, until a person takes it away again."""
	keeps = int(bool(order.warehouse))
	frappe.db.set_value("Order", order.name, "keep_warehouse", keeps, update_modified=False)


def _has_other_wants(order: Document, before: Document) -> bool:
	if order.status != before.status and (
		order.status in ("To Print", "Closed") or before.status == "Backorder"
	):
		return True
	if any(
		(order.get(name) or None) != (before.get(name) or None) for name in ("warehouse", "keep_warehouse")
	):
		return True
	return bool(order.stock_state) and _read_lines(order) != _read_lines(before)


def _read_lines(order: Document) -> set[tuple]:
	return {tuple(row.get(name) or None for name in LINE_FIELDS) for row in order.items}
