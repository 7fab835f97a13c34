"""The canonical order: what every way in (report file, platform pull, push) makes of a platform's order.

Money is Decimal yuan with two places; times are aware, China time; texts are NFC without control characters.
An order adds up: goods - discount + freight = total, and the amounts of its lines + freight = total, to the
cent. Text that identifies or delivers (numbers, names, address) is refused when too long; descriptive text
(title, spec, messages) is cut to the column's length. Pure: imports no Frappe.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
	AfterValidator,
	AwareDatetime,
	BaseModel,
	BeforeValidator,
	ConfigDict,
	Field,
	PlainSerializer,
	PlainValidator,
	model_validator,
)

from .money import CENT, LIMIT, ZERO, to_money

CHINA_TIME = ZoneInfo("Asia/Shanghai")
MAX_QTY = 1_000_000
MAX_LINES = 500
Platform = Literal["Taobao", "JD", "Pinduoduo", "Douyin", "Manual"]
Status = Literal[
	"Unpaid",
	"To Review",
	"On Hold",
	"Backorder",
	"To Print",
	"To Pick",
	"To Ship",
	"Partly Shipped",
	"Shipped",
	"Completed",
	"Closed",
]


def clean_text(value: object) -> object:
	"""Bring a text to NFC and drop control, direction and unpaired-surrogate characters; line breaks stay."""
	if not isinstance(value, str):
		return "" if value is None else value
	if value.isascii() and value.isprintable():
		return value.strip()
	if not value.isprintable():
		value = "".join(sign for sign in value.replace("\r\n", "\n") if _is_wanted(sign))
	return unicodedata.normalize("NFC", value).strip()


def _is_wanted(sign: str) -> bool:
	if sign in "\n\t\u200d":
		return True
	return unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _one_line(value: object) -> object:
	if isinstance(value, str) and value.isascii() and value.isprintable():
		return value.strip()
	value = clean_text(value)
	return " ".join(value.split()) if isinstance(value, str) and not value.isprintable() else value


def _cut(length: int) -> BeforeValidator:
	def cut(value: object) -> object:
		value = clean_text(value)
		return value[:length].rstrip() if isinstance(value, str) else value

	return BeforeValidator(cut)


def _amount(value: object) -> Decimal:
	if type(value) is Decimal and value.same_quantum(CENT) and value.is_finite():
		amount = value
	elif isinstance(value, str | int | Decimal) and not isinstance(value, bool):
		amount = to_money(value)
	else:
		raise ValueError("money is a Decimal, a text or a whole number of yuan, never a float")
	if not ZERO <= amount < LIMIT:
		raise ValueError("the amount is negative or too large")
	return amount


def _show_amount(value: Decimal) -> str:
	# A function of ours: older pydantic can't read the signature of the type str.
	return str(value)


def _to_china_time(value: datetime) -> datetime:
	return value if value.tzinfo is CHINA_TIME else value.astimezone(CHINA_TIME)


# What a platform may say against shipping; `orders.holds` explains the codes.
PlatformHold = Literal["platform_locked", "balance_unpaid", "invoice_requested"]
Code = Annotated[str, Field(max_length=64), BeforeValidator(_one_line)]
Name = Annotated[str, Field(max_length=140), BeforeValidator(_one_line)]
LongText = Annotated[str, Field(max_length=500), BeforeValidator(_one_line)]
CutName = Annotated[str, _cut(140)]
CutText = Annotated[str, _cut(1000)]
Amount = Annotated[
	Decimal, PlainValidator(_amount), PlainSerializer(_show_amount, return_type=str, when_used="json")
]
Time = Annotated[AwareDatetime, AfterValidator(_to_china_time)]


class _Canonical(BaseModel):
	model_config = ConfigDict(extra="forbid", frozen=True)


class CanonicalReceiver(_Canonical):
	"""Who gets the parcel; `platform_token` stands for the person where the platform hides name and phone."""

	name: Name = ""
	mobile: Annotated[str, Field(max_length=40), BeforeValidator(_one_line)] = ""
	province: Name = ""
	city: Name = ""
	district: Name = ""
	town: Name = ""
	address: LongText = ""
	platform_token: LongText = ""


class CanonicalLine(_Canonical):
	"""One item line; `amount` is what the buyer owes for it after its share of every discount."""

	platform_line_no: Code = ""
	platform_item_id: Code = ""
	platform_sku_id: Code = ""
	sku_code: Name = ""
	title: CutName = ""
	spec: CutName = ""
	qty: int = Field(ge=1, le=MAX_QTY, strict=True)
	unit_price: Amount = ZERO
	discount_amount: Amount = ZERO
	amount: Amount = ZERO
	refund_status: Name = ""


class CanonicalOrder(_Canonical):
	"""One order; the shop and platform_order_no identify it. `status` is ours, None when not known.

	`platform_buyer_id` names the buyer's account without raw data, empty where the platform hides it.
	`platform_discount_amount` is the part of the discount that the platform pays back to the shop.
	"""

	platform: Platform
	platform_order_no: Annotated[str, Field(min_length=1, max_length=64), BeforeValidator(_one_line)]
	platform_status: Name = ""
	status: Status | None = None
	order_type: Literal["Normal", "Presale", "Cash on Delivery"] = "Normal"
	buyer_nick: Name = ""
	platform_buyer_id: Name = ""
	receiver: CanonicalReceiver = CanonicalReceiver()
	buyer_message: CutText = ""
	seller_memo: CutText = ""
	memo_flag: Literal["", "Red", "Yellow", "Green", "Blue", "Purple", "Grey"] = ""
	hold_reasons: tuple[PlatformHold, ...] = ()
	goods_amount: Amount = ZERO
	discount_amount: Amount = ZERO
	platform_discount_amount: Amount = ZERO
	freight_amount: Amount = ZERO
	total_amount: Amount
	paid_amount: Amount = ZERO
	refund_amount: Amount = ZERO
	ordered_at: Time
	paid_at: Time | None = None
	ship_by: Time | None = None
	modified_at: Time | None = None
	lines: list[CanonicalLine] = Field(default=[], max_length=MAX_LINES)

	@model_validator(mode="after")
	def _adds_up(self) -> CanonicalOrder:
		if self.goods_amount - self.discount_amount + self.freight_amount != self.total_amount:
			raise ValueError("goods - discount + freight is not the total")
		lines = sum(line.amount for line in self.lines)
		if self.lines and lines + self.freight_amount != self.total_amount:
			raise ValueError("the lines do not add up to the order")
		return self


class CanonicalRefund(_Canonical):
	"""One refund or return case at a platform; `platform_case_no` identifies it within the shop.

	`amount` is what goes back to the buyer. `line_nos` are the platform's lines, empty for the whole order.
	"""

	platform: Platform
	platform_case_no: Annotated[str, Field(min_length=1, max_length=64), BeforeValidator(_one_line)]
	platform_order_no: Annotated[str, Field(min_length=1, max_length=64), BeforeValidator(_one_line)]
	line_nos: tuple[Code, ...] = ()
	kind: Literal["Refund Before Shipping", "Refund", "Return", "Exchange", "Reship"]
	status: Literal[
		"Open",
		"Waiting for Buyer",
		"Waiting for Parcel",
		"Approved",
		"Refunded",
		"Done",
		"Rejected",
		"Cancelled",
	]
	platform_status: Name = ""
	amount: Amount = ZERO
	reason: CutText = ""
	opened_at: Time
	modified_at: Time | None = None
	due_at: Time | None = None
	return_waybill_no: Code = ""
