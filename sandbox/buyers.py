"""What a buyer, the platform or a seller outside our desk does next with an order, by weight."""

from __future__ import annotations

import random
from collections.abc import Callable

from .generator import Generator
from .model import (
	CLOSED,
	COMPLETED,
	EXCHANGE,
	PAID,
	PART_SHIPPED,
	REFUND_ONLY,
	REFUNDED,
	REFUNDING,
	REFUSED,
	REQUESTED,
	RETURN,
	RETURNED,
	SHIPPED,
	UNPAID,
	WAIT_RETURN,
	Order,
	Refund,
)
from .world import World

Move = Callable[[], object]

NEXT_IN_CASE = {
	REQUESTED: (("agree", 70), ("refuse", 15), ("withdraw", 15)),
	WAIT_RETURN: (("send_back", 90), ("withdraw", 10)),
	RETURNED: (("confirm", 90), ("refuse", 10)),
	REFUNDING: (("finish", 100),),
	REFUSED: (("reopen", 30), ("withdraw", 70)),
}


def move_on(world: World, generator: Generator, rng: random.Random, order: Order) -> bool:
	"""One change that the rules allow. False when nothing is left to happen but notes."""
	case = find_open_case(world, order)
	if case is not None and rng.random() < 0.8:
		move_case(world, rng, case)
		return True
	moves = list_moves(world, generator, rng, order, case is not None)
	rng.choices([move for move, _ in moves], [weight for _, weight in moves])[0]()
	return order.state != CLOSED


def find_open_case(world: World, order: Order) -> Refund | None:
	for refund in world.list_order_refunds(order):
		if refund.state in NEXT_IN_CASE:
			return refund
	return None


def move_case(world: World, rng: random.Random, case: Refund) -> None:
	options = NEXT_IN_CASE[case.state]
	action = rng.choices([name for name, _ in options], [weight for _, weight in options])[0]
	world.move_refund(case, action)


def list_moves(
	world: World, generator: Generator, rng: random.Random, order: Order, has_case: bool
) -> list[tuple[Move, int]]:
	"""Every move that the order's state allows, with its weight."""

	def do(action: str, **details: object) -> Move:
		return lambda: world.move_order(order, action, **details)

	memo = do("change_memo", memo=rng.choice(generator.texts["seller_memos"]), flag=rng.randrange(6))
	if order.state == UNPAID:
		off = (order.goods - order.discount) // 20
		return [(do("pay"), 80), (do("cancel"), 14), (do("change_amount", adjust=-off), 6)]
	if order.state in (PAID, PART_SHIPPED):
		if order.is_locked:
			return [(do("unlock"), 1)]
		moves = [(memo, 14), (do("lock"), 2)]
		left = [line for line in order.lines if not line.is_shipped and line.refund != REFUNDED]
		if left and not order.is_under_review:
			moves.append((do("ship"), 50))
		if len(left) > 1 and not order.is_under_review:
			moves.append((do("ship_part"), 20))
		if order.state == PAID:
			place = generator.draw_receiver(province=order.receiver.province)
			moves.append(
				(do("change_address", city=place.city, district=place.district, address=place.address), 8)
			)
		if not has_case and any(line.refund in ("", "withdrawn") for line in left):
			moves.append((do("refund", kind="before_ship", reason=generator.draw_reason()), 12))
		return moves
	moves = [(memo, 20)]
	if order.state == SHIPPED:
		moves += [(do("complete"), 45), *([] if order.signed_at else [(do("sign"), 30)])]
	free = [row for row in order.lines if row.is_shipped and row.refund in ("", "withdrawn")]
	if order.state in (SHIPPED, COMPLETED) and free and not has_case:
		kind = rng.choices((REFUND_ONLY, RETURN, EXCHANGE), (50, 40, 10))[0]
		moves.append(
			(do("refund", kind=kind, line_nos=[free[0].line_no], reason=generator.draw_reason()), 15)
		)
	return moves
