"""What may happen to a refund case. Every function takes (world, refund, ..., at) as in moves.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import moves, numbers
from .amounts import split_amount
from .model import (
	BEFORE_SHIP,
	COMPLETED,
	EXCHANGE,
	PAID,
	PART_SHIPPED,
	REFUND_KINDS,
	REFUNDED,
	REFUNDING,
	REFUSED,
	REQUESTED,
	RETURN,
	RETURNED,
	SHIPPED,
	TAOBAO,
	WAIT_RETURN,
	WITHDRAWN,
	Line,
	Order,
	Refund,
	Refusal,
)

if TYPE_CHECKING:
	from .world import World

OPEN = (REQUESTED, WAIT_RETURN, RETURNED, REFUNDING, REFUSED)


def open_refund(
	world: World,
	order: Order,
	kind: str,
	line_nos: list[str] | None = None,
	amount: int | None = None,
	reason: str = "",
	at: float = 0,
) -> Refund:
	"""A buyer's request for some lines; without line numbers all lines without a case. Without an amount what
	was paid for them (an exchange: 0). At Taobao a case is for one line: several lines make several cases, the
	first of which is returned.

	Raises Refusal: bad_kind, wrong_state, unknown_line, line_in_case, bad_amount.
	"""
	if kind not in REFUND_KINDS:
		raise Refusal("bad_kind", kind)
	moves.assert_state(
		order, *((PAID, PART_SHIPPED) if kind == BEFORE_SHIP else (PART_SHIPPED, SHIPPED, COMPLETED))
	)
	if line_nos is None:
		line_nos = [
			line.line_no
			for line in order.lines
			if line.refund not in (*OPEN, REFUNDED) and line.is_shipped != (kind == BEFORE_SHIP)
		]
	lines = [order.get_line(line_no) for line_no in line_nos]
	if not lines or any(line.refund in (*OPEN, REFUNDED) for line in lines):
		raise Refusal("line_in_case", order.order_no)
	if any(line.is_shipped == (kind == BEFORE_SHIP) for line in lines):
		raise Refusal("wrong_state", order.order_no)
	payable = sum(line.amount for line in lines)
	amount = (0 if kind == EXCHANGE else payable) if amount is None else amount
	if not 0 <= amount <= payable:
		raise Refusal("bad_amount", str(amount))
	groups = [[line] for line in lines] if order.platform == TAOBAO else [lines]
	weights = [sum(line.amount for line in group) for group in groups]
	shares = split_amount(amount, weights)
	made = [
		_create(world, order, kind, group, share, reason, at)
		for group, share in zip(groups, shares, strict=True)
	]
	return made[0]


def _create(
	world: World, order: Order, kind: str, lines: list[Line], amount: int, reason: str, at: float
) -> Refund:
	number = world.next_number()
	now = at or world.clock.now()
	refund = Refund(
		case_no=numbers.make_case_no(order.platform, number),
		number=number,
		order_no=order.order_no,
		shop_id=order.shop_id,
		platform=order.platform,
		line_nos=[line.line_no for line in lines],
		kind=kind,
		state=REQUESTED,
		amount=amount,
		reason=reason or "不想要了",
		created=now,
		modified=now,
		was_shipped=kind != BEFORE_SHIP,
	)
	world.add_refund(refund)
	_set_state(world, refund, REQUESTED, "refund_created", at)
	return refund


def agree(world: World, refund: Refund, at: float = 0) -> None:
	"""Money alone is on its way then (Taobao's arrives at once); goods have to come back first."""
	_assert_state(refund, REQUESTED)
	if refund.kind in (RETURN, EXCHANGE):
		_set_state(world, refund, WAIT_RETURN, "refund_agreed", at)
	else:
		_pay_back(world, refund, at)


def send_back(
	world: World, refund: Refund, courier: str = "YTO", waybill_no: str = "", at: float = 0
) -> None:
	"""The buyer posts the goods."""
	_assert_state(refund, WAIT_RETURN)
	refund.return_courier, refund.return_waybill_no = courier, waybill_no or moves.make_waybill_no(world)
	_set_state(world, refund, RETURNED, "refund_returned", at)


def confirm(world: World, refund: Refund, at: float = 0) -> None:
	"""The seller has the goods; an exchange is done with that."""
	_assert_state(refund, RETURNED)
	if refund.kind == EXCHANGE:
		_finish(world, refund, at)
	else:
		_pay_back(world, refund, at)


def finish(world: World, refund: Refund, at: float = 0) -> None:
	"""The money is with the buyer."""
	_assert_state(refund, REFUNDING)
	_finish(world, refund, at)


def succeed(world: World, refund: Refund, at: float = 0) -> None:
	"""From wherever it stands to the end, as far as it isn't over."""
	_assert_state(refund, REQUESTED, WAIT_RETURN, RETURNED, REFUNDING)
	_finish(world, refund, at)


def refuse(world: World, refund: Refund, at: float = 0) -> None:
	_assert_state(refund, REQUESTED, RETURNED)
	_set_state(world, refund, REFUSED, "refund_refused", at)


def reopen(world: World, refund: Refund, at: float = 0) -> None:
	"""The buyer insists."""
	_assert_state(refund, REFUSED)
	_set_state(world, refund, REQUESTED, "refund_created", at)


def withdraw(world: World, refund: Refund, at: float = 0) -> None:
	_assert_state(refund, REQUESTED, WAIT_RETURN, REFUSED)
	refund.finished_at = at or world.clock.now()
	_set_state(world, refund, WITHDRAWN, "refund_closed", at)


def _pay_back(world: World, refund: Refund, at: float) -> None:
	_set_state(world, refund, REFUNDING, "refund_agreed", at)
	if refund.platform == TAOBAO:
		_finish(world, refund, at)


def _finish(world: World, refund: Refund, at: float) -> None:
	"""The end with success: money counted at the lines and the order, which closes when nothing of it is left."""
	order = world.get_order(refund.shop_id, refund.order_no)
	lines = [order.get_line(line_no) for line_no in refund.line_nos]
	left = refund.amount
	for line in lines:
		line.refunded += min(left, line.amount)
		left -= min(left, line.amount)
	order.refunded += refund.amount
	refund.finished_at = at or world.clock.now()
	_set_state(world, refund, REFUNDED, "refund_done", at)
	if refund.kind == EXCHANGE:
		return
	if all(line.refund == REFUNDED and line.refunded >= line.amount for line in order.lines):
		moves.close(world, order, at)
		return
	before = order.state
	moves.settle_shipping(world, order, refund.finished_at)
	if order.state != before:
		world.touch(order, "order_shipped", at=at)


def _set_state(world: World, refund: Refund, state: str, topic: str, at: float) -> None:
	order = world.get_order(refund.shop_id, refund.order_no)
	refund.state = state
	for line_no in refund.line_nos:
		line = order.get_line(line_no)
		line.refund, line.refund_no = state, refund.case_no
	world.touch_refund(refund, at)
	world.touch(order, topic, refund, at)


def _assert_state(refund: Refund, *states: str) -> None:
	if refund.state not in states:
		raise Refusal("wrong_state", f"{refund.case_no} is {refund.state}")


ACTIONS = {
	"agree": agree,
	"send_back": send_back,
	"confirm": confirm,
	"finish": finish,
	"succeed": succeed,
	"refuse": refuse,
	"reopen": reopen,
	"withdraw": withdraw,
	"close": withdraw,
}
