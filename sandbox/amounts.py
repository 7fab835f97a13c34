"""Whole fen shared out over lines so that the parts add up exactly."""

from __future__ import annotations

from collections.abc import Sequence

from .model import Order, Refusal


def split_amount(amount: int, weights: Sequence[int]) -> list[int]:
	"""Parts of `amount` in proportion to `weights`, cut towards 0; the fen that remain go one each to the parts
	that lost most by the cut, so that no part is above its weight unless `amount` is above them all.

	No weight at all counts as equal weights.
	"""
	if not weights:
		return []
	if not any(weights):
		weights = [1] * len(weights)
	whole, size, sign = sum(weights), abs(amount), -1 if amount < 0 else 1
	parts = [size * weight // whole for weight in weights]
	by_loss = sorted(range(len(weights)), key=lambda place: -(size * weights[place] % whole))
	for place in by_loss[: size - sum(parts)]:
		parts[place] += 1
	return [sign * part for part in parts]


def format_yuan(fen: int) -> str:
	"""`12.30` for 1230."""
	sign = "-" if fen < 0 else ""
	return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def assert_amounts(order: Order) -> None:
	"""Raises Refusal unless every line and the order stay at 0 or above."""
	if not order.lines or any(line.qty < 1 or line.price < 0 for line in order.lines):
		raise Refusal("bad_lines", order.order_no)
	goods = sum(line.goods - line.discount for line in order.lines)
	given = order.seller_discount + order.platform_discount
	has_negative = min(order.seller_discount, order.platform_discount, order.freight) < 0
	if has_negative or given > goods or goods - given + order.adjust < 0:
		raise Refusal("bad_amounts", order.order_no)


def share_discounts(order: Order) -> None:
	"""Set each line's part of the order's discounts and adjustment; the parts add up to the fen."""
	weights = [line.goods - line.discount for line in order.lines]
	for line, part in zip(
		order.lines, split_amount(order.seller_discount + order.platform_discount, weights), strict=True
	):
		line.share = part
	weights = [line.goods - line.discount - line.share for line in order.lines]
	for line, part in zip(order.lines, split_amount(order.adjust, weights), strict=True):
		line.adjust = part
