"""What goes over the wire of the open API, version 1: the one source of its checks and of its document. Pure.

Amounts are text in yuan with two decimals, times are ISO 8601 with an offset. Nothing unknown is accepted, and
nothing is converted: a number where a text belongs is refused, since its cents may be lost already.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from ..orders.canonical import MAX_QTY, Platform, Status

MAX_ORDERS = 500
MAX_LINES = 500
MAX_PAGE = 200


def _check_time(text: str) -> str:
	try:
		datetime.fromisoformat(text)
	except ValueError:
		raise ValueError("the time doesn't exist") from None
	return text


Money = Annotated[
	str,
	StringConstraints(pattern=r"^[0-9]{1,9}\.[0-9]{2}$"),
	Field(description="Yuan, two decimals.", examples=["128.00"]),
]
Time = Annotated[
	str,
	StringConstraints(
		pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"
	),
	AfterValidator(_check_time),
	Field(
		description="ISO 8601 with an offset.",
		examples=["2026-11-11T00:00:03+08:00"],
		json_schema_extra={"format": "date-time"},
	),
]
Code = Annotated[str, StringConstraints(max_length=64)]
Name = Annotated[str, StringConstraints(max_length=140)]
Text = Annotated[str, StringConstraints(max_length=1000)]
OrderNo = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^\S(.*\S)?$")]
# What another system may say of an order; the steps in between are made on the desk and in the warehouse.
PushedStatus = Literal["Unpaid", "To Review", "Partly Shipped", "Shipped", "Completed", "Closed"]
CancelReason = Literal[
	"Buyer Cancelled", "Never Paid", "Duplicate Order", "Rejected", "Out of Stock", "Other"
]


class Strict(BaseModel):
	model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NewReceiver(Strict):
	"""Who gets the parcel. Kept encrypted and shown with masks from then on."""

	name: Name = ""
	mobile: Annotated[str, StringConstraints(max_length=40)] = ""
	province: Name = ""
	city: Name = ""
	district: Name = ""
	town: Name = ""
	address: Annotated[str, StringConstraints(max_length=500)] = ""


class NewLine(Strict):
	"""One item line; `amount` is what the buyer owes for it after its share of every discount."""

	platform_line_no: Code = ""
	platform_item_id: Code = ""
	platform_sku_id: Code = ""
	sku_code: Name = ""
	title: Text = ""
	specification: Text = ""
	qty: int = Field(ge=1, le=MAX_QTY)
	unit_price: Money = "0.00"
	discount_amount: Money = "0.00"
	amount: Money


class NewOrder(Strict):
	"""One order; shop and platform_order_no identify it.

	goods - discount + freight = total, and the amounts of the lines + freight = total, to the cent. Without a
	status a paid order is To Review, another one Unpaid. A copy whose modified_at is older than the stored
	one's changes nothing.
	"""

	shop: Annotated[str, StringConstraints(min_length=1, max_length=140)]
	platform_order_no: OrderNo
	status: PushedStatus | None = None
	platform_status: Name = ""
	order_type: Literal["Normal", "Presale", "Cash on Delivery"] = "Normal"
	buyer_nick: Name = ""
	platform_buyer_id: Name = ""
	receiver: NewReceiver
	buyer_message: Text = ""
	seller_memo: Text = ""
	goods_amount: Money
	discount_amount: Money = "0.00"
	freight_amount: Money = "0.00"
	total_amount: Money
	paid_amount: Money = "0.00"
	refund_amount: Money = "0.00"
	ordered_at: Time
	paid_at: Time | None = None
	ship_by: Time | None = None
	modified_at: Time | None = None
	lines: list[NewLine] = Field(min_length=1, max_length=MAX_LINES)


class CreateOrdersRequest(Strict):
	orders: list[NewOrder] = Field(min_length=1, max_length=MAX_ORDERS)


class OrderError(Strict):
	"""Why one order was refused; `path` leads to the wrong part, e.g. lines.0.qty."""

	code: str
	path: str
	message: str


class OrderResult(Strict):
	"""What became of the order at `index` of the request. An order with an error changed nothing."""

	index: int
	shop: str | None
	platform_order_no: str | None
	result: Literal["created", "updated", "unchanged", "error"]
	name: str | None
	error: OrderError | None


class CreateOrdersAnswer(Strict):
	created: int
	updated: int
	unchanged: int
	failed: int
	results: list[OrderResult]


class Line(Strict):
	platform_line_no: str
	sku: str | None
	title: str
	specification: str
	qty: int
	unit_price: Money
	discount_amount: Money
	amount: Money
	refund_status: str
	unit_cost: Money | None = Field(default=None, description="Only for those who may see costs.")


class Order(Strict):
	"""An order as it stands. Contacts carry masks; codes in hold_reasons and stop_reasons are explained in the desk."""

	name: str
	shop: str
	platform: Platform
	platform_order_no: str
	order_type: str
	status: Status
	platform_status: str
	hold_reasons: list[str]
	stop_reasons: list[str]
	tags: list[str]
	buyer_nick: str
	receiver_name: str
	receiver_mobile: str
	province: str
	city: str
	district: str
	address: str
	buyer_message: str
	seller_memo: str
	goods_amount: Money
	discount_amount: Money
	freight_amount: Money
	total_amount: Money
	paid_amount: Money
	refund_amount: Money
	ordered_at: Time | None
	paid_at: Time | None
	ship_by: Time | None
	shipped_at: Time | None
	modified: Time | None
	warehouse: str | None
	courier: str | None
	waybill_no: str | None
	merged_into: str | None
	cost_amount: Money | None = Field(default=None, description="Only for those who may see costs.")
	profit_amount: str | None = Field(
		default=None, description="May be negative. Only for those who may see costs."
	)
	lines: list[Line]


class OrderPage(Strict):
	"""Orders in the order of their last change. Ask again with next_cursor, also after the last page."""

	orders: list[Order]
	next_cursor: str | None
	has_more: bool


class OrderEvent(Strict):
	event: str
	occurred_at: Time | None
	from_status: str | None
	to_status: str | None
	source: str


class OrderEvents(Strict):
	"""The timeline, oldest first."""

	order: str
	events: list[OrderEvent]


class CancelOrderRequest(Strict):
	"""The order by name, or by shop and platform_order_no."""

	name: Name | None = None
	shop: Name | None = None
	platform_order_no: Code | None = None
	reason: CancelReason = "Other"


class CancelOrderAnswer(Strict):
	"""`changed` is false when the order was closed already."""

	name: str
	status: Status
	changed: bool


class ErrorBody(BaseModel):
	code: str
	path: str
	message: str


class ErrorAnswer(BaseModel):
	"""Every refusal; `error` is for programs. Further keys come from the framework and may change."""

	error: ErrorBody
	exc_type: str | None = None


class WebhookOrder(Strict):
	name: str
	shop: str
	platform: Platform
	platform_order_no: str
	status: Status
	platform_status: str
	total_amount: Money
	paid_amount: Money
	ordered_at: Time | None
	modified: Time | None


class _Message(Strict):
	id: str = Field(
		description="The same event has the same id; an endpoint never gets two events of one id."
	)
	occurred_at: Time
	text: str
	from_status: str | None
	to_status: str | None


class OrderMessage(_Message):
	"""What a webhook receives about an order: the order as it stood when the event was written."""

	event: Literal["order.created", "order.status_changed", "order.changed", "order.noted"]
	order: WebhookOrder


class WebhookShipmentOrder(Strict):
	order: str
	shop: str | None
	platform_order_no: str | None


class WebhookShipment(Strict):
	name: str
	status: str
	courier: str | None
	waybill_no: str | None
	warehouse: str | None
	modified: Time | None
	orders: list[WebhookShipmentOrder]


class ShipmentMessage(_Message):
	"""What a webhook receives about a parcel."""

	event: Literal["shipment.created", "shipment.status_changed"]
	shipment: WebhookShipment
