"""From pushed orders to canonical ones, each by itself: a bad one is named and holds up no other. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from ..orders.canonical import CanonicalLine, CanonicalOrder, CanonicalReceiver
from .models import NewOrder

MAX_MESSAGE = 200


@dataclass(frozen=True)
class Refusal:
	"""Why a part of a request can't be taken. The message repeats no value, since it may be personal."""

	code: str
	path: str
	message: str


def read_order(raw: Any) -> NewOrder | Refusal:
	"""One order of a request, checked against the wire model; its first fault otherwise."""
	try:
		return NewOrder.model_validate(raw)
	except ValidationError as error:
		return make_refusal(error)


def map_order(order: NewOrder, platform: str) -> CanonicalOrder | Refusal:
	"""The canonical order of a shop of `platform`; a Refusal when its sums or texts can't be kept."""
	try:
		return CanonicalOrder(**_get_values(order), platform=platform)
	except ValidationError as error:
		return make_refusal(error)


def make_refusal(error: ValidationError) -> Refusal:
	"""The first fault of a validation, with the path as a.0.b."""
	first = error.errors(include_input=False, include_context=False, include_url=False)[0]
	path = ".".join(str(part) for part in first["loc"])
	code = "does_not_add_up" if first["type"] == "value_error" and not path else first["type"]
	return Refusal(code, path, first["msg"][:MAX_MESSAGE])


def _get_values(order: NewOrder) -> Mapping[str, Any]:
	paid_at = _read_time(order.paid_at)
	return {
		"platform_order_no": order.platform_order_no,
		"platform_status": order.platform_status,
		"status": order.status or ("To Review" if paid_at else "Unpaid"),
		"order_type": order.order_type,
		"buyer_nick": order.buyer_nick,
		"platform_buyer_id": order.platform_buyer_id,
		"receiver": CanonicalReceiver(**order.receiver.model_dump()),
		"buyer_message": order.buyer_message,
		"seller_memo": order.seller_memo,
		"goods_amount": order.goods_amount,
		"discount_amount": order.discount_amount,
		"freight_amount": order.freight_amount,
		"total_amount": order.total_amount,
		"paid_amount": order.paid_amount,
		"refund_amount": order.refund_amount,
		"ordered_at": _read_time(order.ordered_at),
		"paid_at": paid_at,
		"ship_by": _read_time(order.ship_by),
		"modified_at": _read_time(order.modified_at),
		"lines": [_map_line(line) for line in order.lines],
	}


def _map_line(line: Any) -> CanonicalLine:
	values = line.model_dump()
	values["spec"] = values.pop("specification")
	return CanonicalLine(**values)


def _read_time(text: str | None) -> datetime | None:
	return datetime.fromisoformat(text) if text else None
