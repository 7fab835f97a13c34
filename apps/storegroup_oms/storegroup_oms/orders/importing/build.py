"""Makes one canonical order of the rows that belong to it, or says everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pydantic import ValidationError

from ..canonical import MAX_LINES, CanonicalLine, CanonicalOrder, CanonicalReceiver, Platform
from ..money import ZERO
from .addresses import find_province, split_address
from .amounts import AmountError, LineInput, OrderAmounts, settle_lines, settle_order
from .errors import Problem, Row
from .fields import OrderCells, read_code, read_identifier, read_money, read_qty, read_text, read_time
from .layout_tables import LINE_FIELDS
from .layouts import Mapping
from .statuses import merge_statuses, read_status

_PAID_STATUSES = frozenset(("To Review", "On Hold", "Partly Shipped", "Shipped", "Completed"))
_GOODS_FIELDS = tuple(name for name in LINE_FIELDS if name != "line_refund_status")


@dataclass(frozen=True, slots=True)
class ParseOptions:
	"""`paid_without_status` is the status of paid orders where the layout has no status column."""

	platform: Platform
	paid_without_status: Literal["Completed", "To Review"] = "Completed"


def build_order(
	rows: Sequence[Row], mapping: Mapping, options: ParseOptions
) -> CanonicalOrder | tuple[Problem, ...]:
	"""Make the order or give its problems (at least one). `mapping` is bound to the file's headings."""
	broken = tuple(row.problem for row in rows if row.problem)
	if broken:
		return broken
	cells = OrderCells(rows, mapping)
	if len(rows) > MAX_LINES:
		cells.complain("too_many_lines", "platform_order_no", len(rows), MAX_LINES)
		return tuple(cells.problems)
	values = _read_order_fields(cells, options)
	line_values, inputs = _read_lines(cells)
	stated = _read_amounts(cells, values, inputs)
	if cells.problems:
		return tuple(cells.problems)
	try:
		amounts = settle_order(inputs, **stated)
		line_amounts = settle_lines(inputs, amounts)
	except AmountError as error:
		_complain_amount(cells, error)
		return tuple(cells.problems)
	_decide_payment(cells, values, amounts, options)
	try:
		return _make(values, amounts, line_values, inputs, line_amounts)
	except ValidationError as error:
		for detail in error.errors(include_url=False, include_context=True):
			_complain_invalid(cells, detail)
		return tuple(cells.problems)


def _read_order_fields(cells: OrderCells, options: ParseOptions) -> dict:
	values = {
		"platform": options.platform,
		"platform_order_no": cells.one("platform_order_no", read_identifier),
		"ordered_at": cells.one("ordered_at", read_time),
		"paid_at": cells.one("paid_at", read_time),
		"ship_by": cells.one("ship_by", read_time),
	}
	for name in ("buyer_nick", "buyer_message", "seller_memo"):
		values[name] = cells.one(name, read_text) or ""
	if values["ordered_at"] is None:
		values["ordered_at"] = values["paid_at"]
	if values["platform_order_no"] is None and not cells.problems:
		cells.complain("missing_value", "platform_order_no")
	if values["ordered_at"] is None and not cells.problems:
		cells.complain("missing_value", "ordered_at")
	values["receiver"] = _read_receiver(cells)
	values["platform_status"], values["status"] = _read_status(cells, options.platform)
	return values


def _read_receiver(cells: OrderCells) -> dict[str, str]:
	receiver = {
		"name": cells.one("receiver_name", read_text) or "",
		"mobile": cells.one("receiver_mobile", read_code) or "",
		"platform_token": cells.one("platform_token", read_text) or "",
	}
	parts = {name: cells.one(name, read_text) or "" for name in ("province", "city", "district", "address")}
	# an address column without a province column holds everything; so may a province column (收货地址)
	source = "province" if parts["province"] else "address"
	whole = parts[source]
	if source == "address" and cells.has("province"):
		whole = ""
	if whole and (source == "address" or find_province(whole) is None):
		split = split_address(whole)
		if split is None:
			cells.complain(
				"unknown_province", source, cells.mapping.columns[source], whole[:140], value=whole
			)
			return receiver | parts
		province, city, district, address = split
		if source == "province":
			address = " ".join(filter(None, (address, parts["address"])))
		parts |= {
			"province": province,
			"city": parts["city"] or city,
			"district": parts["district"] or district,
			"address": address,
		}
	elif whole:
		parts["province"] = find_province(whole)
	return receiver | parts


def _read_status(cells: OrderCells, platform: str) -> tuple[str, str | None]:
	if cells.mapping.amounts_per == "line":
		words = [word for word in cells.each("platform_status", read_text) if word]
	else:
		word = cells.one("platform_status", read_text)
		words = [word] if word else []
	if not words:
		if cells.has("platform_status"):
			cells.complain("missing_value", "platform_status")
		return "", None
	statuses = []
	for word in dict.fromkeys(words):
		status = read_status(platform, word)
		if status is None:
			heading = cells.mapping.columns["platform_status"]
			cells.complain("unknown_status", "platform_status", heading, word[:140], value=word)
		else:
			statuses.append(status)
	return " / ".join(dict.fromkeys(words))[:140], merge_statuses(statuses) if statuses else None


def _read_lines(cells: OrderCells) -> tuple[list[dict], list[LineInput]]:
	"""Read the rows as lines; none when the layout has no line columns. Exact copies of a row count once."""
	if not cells.has(*_GOODS_FIELDS):
		return [], []
	_drop_copies(cells)
	names = {
		"platform_line_no": read_identifier,
		"platform_item_id": read_identifier,
		"platform_sku_id": read_identifier,
		"sku_code": read_code,
		"title": read_text,
		"spec": read_text,
	}
	columns = {name: cells.each(name, read) for name, read in names.items()}
	columns["refund_status"] = cells.each("line_refund_status", read_text)
	quantities = cells.each("qty", read_qty)
	prices = cells.each("unit_price", read_money)
	discounts = cells.each("line_discount_amount", read_money)
	amounts = cells.each("line_amount", read_money)
	if cells.has("qty") and None in quantities and not cells.problems:
		cells.complain("missing_value", "qty")
	lines = [
		{name: column[index] or "" for name, column in columns.items()} for index in range(len(cells.rows))
	]
	numbers = [line["platform_line_no"] for line in lines if line["platform_line_no"]]
	for number in {number for number in numbers if numbers.count(number) > 1}:
		cells.complain("duplicate_line", "platform_line_no", number, value=number)
	inputs = [
		LineInput(qty or 1, *rest) for qty, *rest in zip(quantities, prices, discounts, amounts, strict=True)
	]
	return lines, inputs


def _drop_copies(cells: OrderCells) -> None:
	"""Drop rows that repeat a line under the same number; without numbers equal rows are two lines."""
	heading = cells.mapping.columns.get("platform_line_no")
	if heading is None or len(cells.rows) < 2:
		return
	kept = {}
	for row in cells.rows:
		kept.setdefault(tuple(row.cells.values()) if row.cells[heading] else row.row_no, row)
	cells.rows = list(kept.values())


def _read_amounts(cells: OrderCells, values: dict, inputs: list[LineInput]) -> dict[str, Decimal | None]:
	"""Give the stated amounts as arguments for settle_order; paid and refunded go to `values`."""

	def once(field: str) -> Decimal | None:
		return cells.one(field, read_money)

	is_per_line = cells.mapping.amounts_per == "line"
	read = once
	if is_per_line and len(cells.rows) > 1:
		read = cells.total
		if _is_repeated(cells, inputs):
			read = once
	values["paid_amount"] = read("paid_amount")
	values["refund_amount"] = read("refund_amount") or ZERO
	total, payable, balance = read("total_amount"), read("payable_amount"), read("balance_amount")
	if total is None and payable is not None:
		total = payable + (balance or ZERO)
	shop, platform = read("discount_amount"), read("platform_discount_amount")
	return {
		"goods": read("goods_amount"),
		"discount": None if shop is None and platform is None else (shop or ZERO) + (platform or ZERO),
		"freight": read("freight_amount"),
		"total": total,
		"paid": values["paid_amount"],
	}


def _is_repeated(cells: OrderCells, inputs: list[LineInput]) -> bool:
	"""Tell whether rows repeat the order's amounts instead of their own: only one reading balances."""
	totals = cells.each("total_amount", read_money)
	if None in totals or len(set(totals)) > 1 or any(line.gross is None for line in inputs):
		return False
	goods = sum((line.gross for line in inputs), ZERO)

	def misses(total: Decimal, freight: Decimal | None, discount: Decimal | None) -> bool:
		return goods + (freight or ZERO) - (discount or ZERO) != total

	columns = [cells.each(name, read_money) for name in ("freight_amount", "discount_amount")]
	if any(len(set(column)) > 1 for column in columns):
		return False
	by_row = misses(sum(totals), cells.total("freight_amount"), cells.total("discount_amount"))
	return by_row and not misses(totals[0], columns[0][0], columns[1][0])


def _decide_payment(cells: OrderCells, values: dict, amounts: OrderAmounts, options: ParseOptions) -> None:
	"""Fill in status and paid amount where the layout has no column for them."""
	is_paid = values["paid_at"] is not None
	paid = values["paid_amount"]
	if not cells.has("platform_status"):
		if not is_paid and (cells.has("paid_at") or not paid):
			values["status"] = "Unpaid"
		elif not paid and values["refund_amount"] >= amounts.total and cells.has("refund_amount"):
			values["status"] = "Closed"
		else:
			values["status"] = options.paid_without_status
	if paid is None:
		if not cells.has("paid_at"):
			is_paid = values["status"] in _PAID_STATUSES
		values["paid_amount"] = amounts.total if is_paid or values["status"] == "Completed" else ZERO


def _make(values, amounts, line_values, inputs, line_amounts) -> CanonicalOrder:
	# empty texts are the models' defaults; leaving them out saves a third of the time
	values["receiver"] = CanonicalReceiver(
		**{name: text for name, text in values["receiver"].items() if text}
	)
	lines = [
		CanonicalLine(
			**line,
			qty=given.qty,
			unit_price=settled.unit_price,
			discount_amount=settled.discount,
			amount=settled.amount,
		)
		for line, given, settled in zip(line_values, inputs, line_amounts, strict=True)
	]
	return CanonicalOrder(
		**{name: value for name, value in values.items() if value},
		goods_amount=amounts.goods,
		discount_amount=amounts.discount,
		freight_amount=amounts.freight,
		total_amount=amounts.total,
		lines=lines,
	)


def _complain_amount(cells: OrderCells, error: AmountError) -> None:
	if error.code == "missing_value":
		cells.complain("missing_value", error.params[0])
	else:
		cells.complain(error.code, "total_amount", *(str(value) for value in error.params))


def _complain_invalid(cells: OrderCells, detail: dict) -> None:
	field = str(detail["loc"][-1]) if detail["loc"] else "total_amount"
	mapped = {"name": "receiver_name", "mobile": "receiver_mobile"}.get(field, field)
	heading = cells.mapping.columns.get(mapped, mapped)
	value = str(detail["input"])[:140] if isinstance(detail["input"], str | int) else ""
	if detail["type"] == "string_too_long":
		cells.complain("too_long", mapped, heading, detail["ctx"]["max_length"], value=value)
	else:
		cells.complain("invalid_value", mapped, heading, value or detail["msg"], value=value)
