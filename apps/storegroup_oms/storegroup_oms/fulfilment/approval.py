"""What a person's change of an order does to its stock, within the same save."""

from collections.abc import Sequence

import frappe
from frappe.model.document import Document

from storegroup_oms.fulfilment import parcel_rows, parcels
from storegroup_oms.fulfilment.allocation import allocate
from storegroup_oms.fulfilment.allocation_queue import is_automatic
from storegroup_oms.fulfilment.wants import PICKED
from storegroup_oms.inventory.reservation import count_lines
from storegroup_oms.orders.holds import add_codes
from storegroup_oms.transactions import refusing_when_busy

LINE_FIELDS = ("name", "sku", "qty", "refund_status")
PARCEL_FIELDS = ("status", "stop_reasons", "courier", *parcel_rows.DESCRIBED)


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
	_stop_printed(order, before)
	if not _has_other_wants(order, before):
		if _has_other_way(order, before):
			with refusing_when_busy():
				parcels.ensure_parcels(parcels.find_concerned([order.name]))
		return
	if before.warehouse != order.warehouse:
		_keep_warehouse(order)
	with refusing_when_busy():
		allocate([order.name], frappe.session.user, reserves=is_automatic())
	order.reload()


def settle_many(orders: Sequence[str], source: str) -> None:
	"""The hook `order_approved_sinks`: the same for orders that were approved or closed many at a time."""
	allocate(orders, source, reserves=is_automatic())


def _keep_warehouse(order: Document) -> None:
	"""A warehouse that a person chose is the only one, until a person takes it away again."""
	keeps = int(bool(order.warehouse))
	frappe.db.set_value("Order", order.name, "keep_warehouse", keeps, update_modified=False)


def _stop_printed(order: Document, before: Document) -> None:
	"""A label that somebody holds tells the old address."""
	if (order.merge_key or "") == (before.merge_key or "") or order.status not in PICKED:
		return
	order.stop_reasons = add_codes(order.stop_reasons, "address_changed")
	frappe.db.set_value("Order", order.name, "stop_reasons", order.stop_reasons, update_modified=False)


def _has_other_way(order: Document, before: Document) -> bool:
	"""True when its parcels are concerned without its stock."""
	return any((order.get(name) or "") != (before.get(name) or "") for name in PARCEL_FIELDS)


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
