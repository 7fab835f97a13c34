"""Endpoints of the page of held orders: counts, worklist, clear, approve, close, correct, undo."""

import frappe
from frappe import _

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.orders import planning, review, review_corrections, review_pool, review_steps
from storegroup_oms.permissions import require_permission
from storegroup_oms.transactions import refusing_when_busy

MAX_ORDERS = 500


@frappe.whitelist(methods=["GET"])
def get_counts() -> dict:
	"""Held orders by reason and shop; see `review_pool.count_holds`."""
	require_permission("Order")
	return review_pool.count_holds()


@frappe.whitelist(methods=["GET"])
def get_orders(shop: str = "", code: str = "", start: int = 0) -> list[dict]:
	"""A page of the worklist; see `review_pool.get_page`."""
	require_permission("Order")
	return review_pool.get_page({"shop": shop, "code": code}, frappe.utils.cint(start))


@frappe.whitelist(methods=["GET"])
def get_order(order: str) -> dict:
	"""One order's facts for the worklist; see `review_pool.get_order`."""
	require_permission("Order", "read", order)
	return review_pool.get_order(order)


@frappe.whitelist(methods=["POST"])
def clear_holds(orders: list | str, codes: list | str | None = None) -> dict:
	"""Clear hold reasons, all that may be where none is named: {names, refused, step}."""
	names = _require_orders(orders)
	wanted = frappe.parse_json(codes) if codes else None
	return _tell(review_steps.clear_holds(names, wanted))


@frappe.whitelist(methods=["POST"])
def approve(orders: list | str, clears_holds: bool = False) -> dict:
	"""Approve orders: {names, refused, step}; with `clears_holds` held ones too, see `review.approve`."""
	names = _require_orders(orders)
	with refusing_when_busy():
		return _tell(review.approve(names, clears_holds))


@frappe.whitelist(methods=["POST"])
def close(orders: list | str, reason: str) -> dict:
	"""Close orders for good: {names, refused, step}."""
	names = _require_orders(orders)
	with refusing_when_busy():
		return _tell(review_steps.close(names, reason))


@frappe.whitelist(methods=["POST"])
def plan_shipping(orders: list | str, day: str = "") -> dict:
	"""Have orders sent on a day, without one as soon as may be: {names, refused, step: ""}; see `planning.plan`."""
	names = _require_orders(orders)
	user = frappe.session.user
	with refusing_when_busy():
		return _tell(planning.plan(names, day or None, user))


@frappe.whitelist(methods=["POST"])
def undo() -> dict:
	"""Take back the user's last step: {names, refused, step}."""
	require_permission("Order", "write")
	with refusing_when_busy():
		return _tell(review_steps.undo())


@frappe.whitelist(methods=["POST"])
def correct_receiver(order: str, values: dict | str, reason: str) -> list[str]:
	"""Correct where an order goes; see `review_corrections.correct_receiver`."""
	require_permission("Order", "write", order)
	return review_corrections.correct_receiver(order, frappe.parse_json(values), reason)


@frappe.whitelist(methods=["POST"])
def correct_price(order: str, line: str, unit_price: str, reason: str) -> dict[str, str]:
	"""Correct the unit price of a line; see `review_corrections.correct_price`."""
	require_permission("Order", "write", order)
	return review_corrections.correct_price(order, line, unit_price, reason)


@frappe.whitelist(methods=["POST"])
def correct_memo(order: str, memo: str, reason: str) -> str:
	"""Correct the seller's memo; see `review_corrections.correct_memo`."""
	require_permission("Order", "write", order)
	return review_corrections.correct_memo(order, memo, reason)


def _tell(done: review_steps.Done) -> dict:
	return {"names": done.names, "refused": done.refused, "step": done.step}


def _require_orders(orders: list | str) -> list[str]:
	"""Names of 1 to `MAX_ORDERS` orders that are all the user's to write; raises where one is not."""
	given = frappe.parse_json(orders) if isinstance(orders, str) and orders.startswith("[") else orders
	names = sorted({given} if isinstance(given, str) else set(given))
	require_permission("Order", "write")
	if not names or len(names) > MAX_ORDERS:
		frappe.throw(
			_("Choose between 1 and {0} orders.").format(MAX_ORDERS),
			exc=InvalidValueError,
			title=_("Order Numbers"),
		)
	visible = frappe.get_list(
		"Order", filters={"name": ["in", names]}, pluck="name", order_by="name asc", limit=MAX_ORDERS
	)
	if len(visible) < len(names):
		frappe.throw(
			_("An order that you chose is not open to you."),
			exc=frappe.PermissionError,
			title=_("Not Permitted"),
		)
	return names
