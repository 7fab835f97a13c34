"""Orders that another system pushes: judged one by one, written per shop in one batch."""

from collections.abc import Iterable

import frappe
from frappe import _

from storegroup_oms.exceptions import ApiRequestError
from storegroup_oms.open_api.mapping import Refusal, map_order, read_order
from storegroup_oms.open_api.models import MAX_ORDERS, NewOrder
from storegroup_oms.orders import intake
from storegroup_oms.orders.canonical import CanonicalOrder
from storegroup_oms.orders.order_rows import fold_number
from storegroup_oms.permissions import get_allowed, require_permission

SOURCE = "API"


def require_push() -> None:
	"""Raises frappe.PermissionError unless the session's user may create and change orders of whole shops."""
	require_permission("Order", "create")
	require_permission("Order", "write")
	if get_allowed(frappe.session.user, "Warehouse", "Order"):
		# A pushed order has no warehouse yet: it would be outside of what its sender may see.
		frappe.throw(
			_("Who is limited to a warehouse can't push orders."),
			exc=frappe.PermissionError,
			title=_("Not Permitted"),
		)


def push_orders(raw_orders: list) -> dict:
	"""Write a request's orders; the answer has the shape of `models.CreateOrdersAnswer`. Never commits.

	An order that can't be taken is answered with its first fault and changes nothing; the others are written.
	Raises ApiRequestError for a list that is empty or too long.
	"""
	if not 1 <= len(raw_orders) <= MAX_ORDERS:
		raise ApiRequestError(
			_("Send 1 to {0} orders at once.").format(MAX_ORDERS), code="wrong_length", path="orders"
		)
	read = [read_order(raw) for raw in raw_orders]
	platforms = _get_platforms(order.shop for order in read if isinstance(order, NewOrder))
	taken: dict[tuple[str, str], CanonicalOrder] = {}
	judged: list[tuple[str, str] | Refusal] = []
	for order in read:
		judged.append(_judge(order, platforms, taken))
	outcomes = _save(taken)
	results = [
		_make_result(index, raw, verdict, outcomes)
		for index, (raw, verdict) in enumerate(zip(raw_orders, judged, strict=True))
	]
	counts = {
		word: sum(row["result"] == word for row in results) for word in ("created", "updated", "unchanged")
	}
	return {**counts, "failed": sum(row["error"] is not None for row in results), "results": results}


def _get_platforms(shops: Iterable[str]) -> dict[str, str]:
	"""Shop → platform of those shops that the user may see."""
	rows = frappe.get_list(
		"Shop",
		filters={"name": ["in", sorted(set(shops)) or [""]]},
		fields=["name", "platform"],
		order_by="name asc",
		limit=MAX_ORDERS,
	)
	allowed = get_allowed(frappe.session.user, "Shop", "Order")
	return {row.name: row.platform for row in rows if allowed is None or row.name in allowed}


def _judge(
	order: NewOrder | Refusal, platforms: dict[str, str], taken: dict[tuple[str, str], CanonicalOrder]
) -> tuple[str, str] | Refusal:
	if isinstance(order, Refusal):
		return order
	if order.shop not in platforms:
		return Refusal("shop_unknown", "shop", "There is no such shop that is open to you.")
	key = (order.shop, fold_number(order.platform_order_no))
	if key in taken:
		return Refusal("order_repeated", "platform_order_no", "The order stands in this request already.")
	canonical = map_order(order, platforms[order.shop])
	if isinstance(canonical, Refusal):
		return canonical
	if canonical.platform_order_no != order.platform_order_no:
		return Refusal(
			"text_unclean", "platform_order_no", "The order number holds signs that can't be kept."
		)
	taken[key] = canonical
	return key


def _save(taken: dict[tuple[str, str], CanonicalOrder]) -> dict[tuple[str, str], tuple[str, str]]:
	"""(shop, folded number) → (name, created | updated | unchanged)."""
	outcomes = {}
	for shop in sorted({shop for shop, _number in taken}):
		orders = {number: order for (owner, number), order in sorted(taken.items()) if owner == shop}
		before = _read_hashes(shop, orders.values())
		saved = intake.save_orders(shop, list(orders.values()), SOURCE)
		if saved.new != len(orders.keys() - before.keys()):
			# Another connection wrote one of these after our look: all over again, on what it wrote.
			raise frappe.QueryDeadlockError(f"orders of {shop} were written by another connection")
		after = _read_hashes(shop, orders.values())
		for number, order in orders.items():
			if number not in before:
				word = "created"
			else:
				word = "unchanged" if before[number] == after[number] else "updated"
			outcomes[shop, number] = (saved.names[order.platform_order_no], word)
	return outcomes


def _read_hashes(shop: str, orders: Iterable[CanonicalOrder]) -> dict[str, str | None]:
	"""Folded number → content hash of the orders that are stored, as this transaction sees them. No locks."""
	rows = frappe.get_all(
		"Order",
		filters={"shop": shop, "platform_order_no": ["in", [order.platform_order_no for order in orders]]},
		fields=["platform_order_no", "content_hash"],
		order_by="name asc",
	)
	return {fold_number(row.platform_order_no): row.content_hash for row in rows}


def _make_result(index: int, raw: object, verdict: tuple[str, str] | Refusal, outcomes: dict) -> dict:
	base = {"index": index, "shop": _echo(raw, "shop"), "platform_order_no": _echo(raw, "platform_order_no")}
	if isinstance(verdict, Refusal):
		error = {"code": verdict.code, "path": verdict.path, "message": verdict.message}
		return {**base, "result": "error", "name": None, "error": error}
	name, word = outcomes[verdict]
	return {**base, "result": word, "name": name, "error": None}


def _echo(raw: object, field: str) -> str | None:
	value = raw.get(field) if isinstance(raw, dict) else None
	return value[:140] if isinstance(value, str) else None
