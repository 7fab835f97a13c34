"""The open API, version 1: orders for other systems, with an API key. Described in docs/api.md.

Answers have the shapes of `open_api.models`; refusals carry {code, path, message} as `error`.
"""

import frappe
from pydantic import ValidationError

from storegroup_oms.exceptions import ApiRequestError
from storegroup_oms.open_api import idempotency, order_cancelling, order_push, order_reading
from storegroup_oms.open_api.errors import answers_errors
from storegroup_oms.open_api.mapping import make_refusal
from storegroup_oms.open_api.models import CancelOrderRequest
from storegroup_oms.permissions import require_permission


@frappe.whitelist(methods=["POST"])
@answers_errors
def create_orders(orders: list | None = None) -> dict:
	"""Push up to 500 orders; each is written whole or answered with its fault. Honours Idempotency-Key. Commits."""
	order_push.require_push()
	return idempotency.answer_once(
		"create_orders", {"orders": orders}, lambda: order_push.push_orders(orders or [])
	)


@frappe.whitelist(methods=["GET"])
@answers_errors
def list_orders(
	shop: str | None = None,
	status: str | None = None,
	modified_since: str | None = None,
	cursor: str | None = None,
	limit: int = 50,
) -> dict:
	"""Orders that the user may see, by time of their last change, in pages of at most 200."""
	require_permission("Order")
	return order_reading.list_orders(shop, status, modified_since, cursor, limit)


@frappe.whitelist(methods=["GET"])
@answers_errors
def get_order(name: str | None = None, shop: str | None = None, platform_order_no: str | None = None) -> dict:
	"""One order, by name or by shop and platform_order_no."""
	require_permission("Order")
	return order_reading.get_order(order_reading.find_name(name, shop, platform_order_no))


@frappe.whitelist(methods=["GET"])
@answers_errors
def get_order_events(
	name: str | None = None, shop: str | None = None, platform_order_no: str | None = None
) -> dict:
	"""The timeline of one order."""
	require_permission("Order")
	require_permission("Order Event")
	return order_reading.get_events(order_reading.find_name(name, shop, platform_order_no))


@frappe.whitelist(methods=["POST"])
@answers_errors
def cancel_order(
	name: str | None = None,
	shop: str | None = None,
	platform_order_no: str | None = None,
	reason: str = "Other",
) -> dict:
	"""Close an order that is not in the warehouse's hands yet. Honours Idempotency-Key. Commits."""
	require_permission("Order", "write")
	arguments = {"name": name, "shop": shop, "platform_order_no": platform_order_no, "reason": reason}
	try:
		CancelOrderRequest.model_validate(arguments)
	except ValidationError as error:
		refusal = make_refusal(error)
		raise ApiRequestError(refusal.message, code=refusal.code, path=refusal.path) from None
	found = order_reading.find_name(name, shop, platform_order_no)
	return idempotency.answer_once(
		"cancel_order", arguments, lambda: order_cancelling.cancel_order(found, reason)
	)
