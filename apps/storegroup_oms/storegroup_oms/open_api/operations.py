"""The operations of the open API, version 1, each with an example that the tests run. Pure: data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from . import models

BASE = "/api/method/storegroup_oms.api.v1"


@dataclass(frozen=True)
class Parameter:
	"""One query parameter; `schema` is JSON Schema."""

	name: str
	schema: dict[str, Any]
	description: str
	example: Any = None


@dataclass(frozen=True)
class Operation:
	"""One endpoint. `refusals` maps HTTP status → when."""

	name: str
	method: str
	path: str
	summary: str
	description: str
	answer: type[BaseModel]
	request: type[BaseModel] | None = None
	parameters: tuple[Parameter, ...] = ()
	example: dict[str, Any] = field(default_factory=dict)
	is_idempotent: bool = False
	refusals: dict[int, str] = field(default_factory=dict)


_TEXT: dict[str, Any] = {"type": "string"}
NAME = Parameter("name", _TEXT, "Our name of the order, e.g. SO-000000041.")
SHOP = Parameter("shop", _TEXT, "Name of a shop.")
NUMBER = Parameter("platform_order_no", _TEXT, "The order's number at its platform; together with shop.")
NOT_FOUND = "There is no such order that is open to you."

EXAMPLE_ORDER: dict[str, Any] = {
	"shop": "Example Shop",
	"platform_order_no": "B2B-20261111-0001",
	"buyer_nick": "hangzhou-tea",
	"receiver": {
		"name": "王小明",
		"mobile": "13812345678",
		"province": "浙江省",
		"city": "杭州市",
		"district": "西湖区",
		"address": "文三路 90 号 5 楼",
	},
	"goods_amount": "138.00",
	"discount_amount": "10.00",
	"freight_amount": "0.00",
	"total_amount": "128.00",
	"paid_amount": "128.00",
	"ordered_at": "2026-11-11T00:00:03+08:00",
	"paid_at": "2026-11-11T00:00:41+08:00",
	"modified_at": "2026-11-11T00:00:41+08:00",
	"lines": [
		{
			"platform_line_no": "1",
			"sku_code": "TEA-250",
			"title": "龙井 250 g",
			"qty": 2,
			"unit_price": "69.00",
			"discount_amount": "10.00",
			"amount": "128.00",
		}
	],
}

OPERATIONS = (
	Operation(
		name="create_orders",
		method="post",
		path=f"{BASE}.orders.create_orders",
		summary="Push orders",
		description="Up to 500 orders of any shops that are open to you. Each is written whole or answered with "
		"its first fault; the others are written all the same. The same order again changes nothing.",
		answer=models.CreateOrdersAnswer,
		request=models.CreateOrdersRequest,
		example={"orders": [EXAMPLE_ORDER]},
		is_idempotent=True,
		refusals={422: "The list is empty or too long, or the Idempotency-Key was used for another request."},
	),
	Operation(
		name="list_orders",
		method="get",
		path=f"{BASE}.orders.list_orders",
		summary="Read changed orders",
		description="Pages by time of the last change, oldest first. Keep next_cursor and ask again with it, also "
		"after the last page: what changed since comes then. An order shows ten seconds after its change, so "
		"that none is passed over.",
		answer=models.OrderPage,
		parameters=(
			SHOP,
			Parameter("status", _TEXT, "One order status.", "To Review"),
			Parameter(
				"modified_since",
				{"type": "string", "format": "date-time"},
				"Where to begin without a cursor: ISO 8601 with an offset. Encode + as %2B.",
				"2026-11-01T00:00:00+08:00",
			),
			Parameter("cursor", _TEXT, "The next_cursor of the page before."),
			Parameter(
				"limit",
				{"type": "integer", "minimum": 1, "maximum": models.MAX_PAGE, "default": 50},
				"Orders per page.",
				20,
			),
		),
		example={"status": "To Review", "modified_since": "2026-11-01T00:00:00+08:00", "limit": 20},
		refusals={422: "A parameter is out of its range."},
	),
	Operation(
		name="get_order",
		method="get",
		path=f"{BASE}.orders.get_order",
		summary="Read one order",
		description="By name, or by shop and platform_order_no.",
		answer=models.Order,
		parameters=(NAME, SHOP, NUMBER),
		example={"shop": "Example Shop", "platform_order_no": "B2B-20261111-0001"},
		refusals={404: NOT_FOUND, 422: "Neither name nor shop and number were given, or both."},
	),
	Operation(
		name="get_order_events",
		method="get",
		path=f"{BASE}.orders.get_order_events",
		summary="Read the timeline of an order",
		description="Oldest first, at most 500.",
		answer=models.OrderEvents,
		parameters=(NAME, SHOP, NUMBER),
		example={"shop": "Example Shop", "platform_order_no": "B2B-20261111-0001"},
		refusals={404: NOT_FOUND, 422: "Neither name nor shop and number were given, or both."},
	),
	Operation(
		name="cancel_order",
		method="post",
		path=f"{BASE}.orders.cancel_order",
		summary="Cancel an order",
		description="Possible until a label is printed. An order that is closed already stays so.",
		answer=models.CancelOrderAnswer,
		request=models.CancelOrderRequest,
		example={
			"shop": "Example Shop",
			"platform_order_no": "B2B-20261111-0001",
			"reason": "Buyer Cancelled",
		},
		is_idempotent=True,
		refusals={
			404: NOT_FOUND,
			409: "The order has come too far.",
			422: "The body is not as described, or the Idempotency-Key was used for another request.",
		},
	),
)

MESSAGES = (models.OrderMessage, models.ShipmentMessage)
EXAMPLE_ORDER_MESSAGE: dict[str, Any] = {
	"id": "9f2c1b7a40d3e865",
	"event": "order.status_changed",
	"occurred_at": "2026-11-11T09:30:00+08:00",
	"text": "Status changed",
	"from_status": "To Review",
	"to_status": "To Print",
	"order": {
		"name": "SO-000000041",
		"shop": "Example Shop",
		"platform": "Manual",
		"platform_order_no": "B2B-20261111-0001",
		"status": "To Print",
		"platform_status": "",
		"total_amount": "128.00",
		"paid_amount": "128.00",
		"ordered_at": "2026-11-11T00:00:03+08:00",
		"modified": "2026-11-11T09:30:00+08:00",
	},
}
EXAMPLE_SHIPMENT_MESSAGE: dict[str, Any] = {
	"id": "1d8e44c09ab7f352",
	"event": "shipment.status_changed",
	"occurred_at": "2026-11-11T18:05:00+08:00",
	"text": "Shipment status changed",
	"from_status": "Verified",
	"to_status": "Shipped",
	"shipment": {
		"name": "SH-000000017",
		"status": "Shipped",
		"courier": "ZTO",
		"waybill_no": "75312345678901",
		"warehouse": "Hangzhou",
		"modified": "2026-11-11T18:05:00+08:00",
		"orders": [
			{"order": "SO-000000041", "shop": "Example Shop", "platform_order_no": "B2B-20261111-0001"}
		],
	},
}
MESSAGE_EXAMPLES = {
	models.OrderMessage: EXAMPLE_ORDER_MESSAGE,
	models.ShipmentMessage: EXAMPLE_SHIPMENT_MESSAGE,
}
