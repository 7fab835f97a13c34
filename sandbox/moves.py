"""What may happen to an order, each move with its condition, its effects and its event.

Moves only go forward: unpaid, paid, part_shipped, shipped, completed; closed from any of them. A name of ACTIONS
is what the control interface and the simulated buyers use; every function takes (world, order, ..., at), `at`
being a made-up time for histories.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .amounts import assert_amounts, share_discounts
from .model import (
	CLOSED,
	COMPLETED,
	PAID,
	PART_SHIPPED,
	POISONS,
	SHIPPED,
	UNPAID,
	Order,
	Parcel,
	Receiver,
	Refusal,
)

if TYPE_CHECKING:
	from .world import World

TO_SHIP = (PAID, PART_SHIPPED)


def assert_state(order: Order, *states: str) -> None:
	if order.state not in states:
		raise Refusal("wrong_state", f"{order.order_no} is {order.state}")


def pay(world: World, order: Order, at: float = 0) -> None:
	"""Payment; takes the bought pieces off the listings' stock, never below 0."""
	assert_state(order, UNPAID)
	world.hide(order)
	order.state = PAID
	order.paid_at = max(at or world.clock.now(), order.created)
	for line in order.lines:
		for listing in world.find_listings(order.shop_id, line.item_id, line.sku_id):
			world.set_stock(listing, max(0, listing.stock - line.qty))
	world.touch(order, "order_paid", at=at)


def cancel(world: World, order: Order, at: float = 0) -> None:
	"""The buyer or the platform closes an order that wasn't paid."""
	assert_state(order, UNPAID)
	close(world, order, at)


def close(world: World, order: Order, at: float = 0) -> None:
	order.state = CLOSED
	order.finished_at = at or world.clock.now()
	world.touch(order, "order_closed", at=at)


def confirm_parcel(
	world: World,
	order: Order,
	courier: str,
	waybill_no: str,
	line_nos: list[str] | None = None,
	at: float = 0,
) -> Parcel:
	"""The seller hands over a parcel with these lines; None means all that is left.

	The same courier and number again is counted and changes nothing else. Raises Refusal: no_waybill, locked,
	wrong_state (unpaid, closed, or nothing left), unknown_line, line_shipped, line_refunded.
	"""
	if not courier or not waybill_no:
		raise Refusal("no_waybill", order.order_no)
	for parcel in order.parcels:
		if (
			parcel.courier == courier
			and parcel.waybill_no == waybill_no
			and (line_nos is None or set(line_nos) == set(parcel.line_nos))
		):
			parcel.confirmations += 1
			world.mark("order", f"{order.shop_id}/{order.order_no}", order)
			return parcel
	assert_state(order, *TO_SHIP)
	if order.is_locked or order.is_under_review:
		raise Refusal("locked", order.order_no)
	if line_nos is None:
		line_nos = [line.line_no for line in order.lines if not line.is_shipped and line.refund != "refunded"]
	lines = [order.get_line(line_no) for line_no in line_nos]
	if not lines or any(line.is_shipped for line in lines):
		raise Refusal("line_shipped", order.order_no)
	if any(line.refund == "refunded" for line in lines):
		raise Refusal("line_refunded", order.order_no)
	now = at or world.clock.now()
	parcel = Parcel(courier, waybill_no, [line.line_no for line in lines], now)
	order.parcels.append(parcel)
	for line in lines:
		line.is_shipped = True
	settle_shipping(world, order, now)
	world.touch(order, "order_shipped" if order.state == SHIPPED else "order_part_shipped", at=at)
	return parcel


def add_parcel(world: World, order: Order, courier: str, waybill_no: str, at: float = 0) -> Parcel:
	"""A further parcel of an order that is out; it names no lines. Counted when it is known already.

	Raises Refusal: no_waybill, wrong_state.
	"""
	if not courier or not waybill_no:
		raise Refusal("no_waybill", order.order_no)
	for parcel in order.parcels:
		if (parcel.courier, parcel.waybill_no) == (courier, waybill_no):
			parcel.confirmations += 1
			world.mark("order", f"{order.shop_id}/{order.order_no}", order)
			return parcel
	assert_state(order, PART_SHIPPED, SHIPPED)
	parcel = Parcel(courier, waybill_no, [], at or world.clock.now())
	order.parcels.append(parcel)
	world.touch(order, "parcel_changed", at=at)
	return parcel


def settle_shipping(world: World, order: Order, at: float) -> None:
	"""Set the state that the shipped lines give; refunded lines need no parcel. No event."""
	left = [line for line in order.lines if not line.is_shipped and line.refund != "refunded"]
	shipped = any(line.is_shipped for line in order.lines)
	if order.state in TO_SHIP and shipped:
		order.state = PART_SHIPPED if left else SHIPPED
		order.shipped_at = order.shipped_at or at


def ship(world: World, order: Order, courier: str = "YTO", waybill_no: str = "", at: float = 0) -> None:
	"""All that is left in one parcel."""
	confirm_parcel(world, order, courier, waybill_no or make_waybill_no(world), None, at)


def ship_part(
	world: World,
	order: Order,
	line_nos: list[str] | None = None,
	courier: str = "YTO",
	waybill_no: str = "",
	at: float = 0,
) -> None:
	"""Some lines; without line numbers the first that is left."""
	left = [line.line_no for line in order.lines if not line.is_shipped and line.refund != "refunded"]
	confirm_parcel(world, order, courier, waybill_no or make_waybill_no(world), line_nos or left[:1], at)


def change_parcel(
	world: World, order: Order, courier: str, waybill_no: str, old_waybill_no: str = "", at: float = 0
) -> None:
	"""Another courier or number for a parcel that is out; without an old number the last parcel's."""
	parcels = [row for row in order.parcels if old_waybill_no in ("", row.waybill_no)]
	if not parcels or order.state not in (PART_SHIPPED, SHIPPED):
		raise Refusal("wrong_state", order.order_no)
	parcels[-1].courier, parcels[-1].waybill_no = courier, waybill_no
	world.touch(order, "parcel_changed", at=at)


def sign(world: World, order: Order, at: float = 0) -> None:
	"""The courier delivered; the order waits for the buyer's word."""
	assert_state(order, SHIPPED)
	order.signed_at = at or world.clock.now()
	for parcel in order.parcels:
		parcel.signed_at = parcel.signed_at or order.signed_at
	world.touch(order, "order_signed", at=at)


def complete(world: World, order: Order, at: float = 0) -> None:
	assert_state(order, SHIPPED)
	order.state = COMPLETED
	order.finished_at = at or world.clock.now()
	world.touch(order, "order_completed", at=at)


def lock(world: World, order: Order, at: float = 0) -> None:
	"""The platform forbids shipping for now."""
	assert_state(order, *TO_SHIP)
	order.is_locked = True
	world.touch(order, "order_lock", at=at)


def unlock(world: World, order: Order, at: float = 0) -> None:
	order.is_locked = False
	world.touch(order, "order_lock", at=at)


def review(world: World, order: Order, at: float = 0) -> None:
	"""The platform's risk control looks at a paid order."""
	assert_state(order, PAID)
	order.is_under_review = True
	world.touch(order, "order_review", at=at)


def approve(world: World, order: Order, at: float = 0) -> None:
	order.is_under_review = False
	world.touch(order, "order_review", at=at)


def change_address(world: World, order: Order, at: float = 0, **receiver: str) -> None:
	"""Any fields of the receiver, before the first parcel."""
	assert_state(order, UNPAID, PAID)
	fields = {name: getattr(order.receiver, name) for name in Receiver.__slots__}
	unknown = sorted(set(receiver) - set(fields))
	if unknown or not receiver:
		raise Refusal("bad_receiver", ", ".join(unknown))
	order.receiver = Receiver(**(fields | receiver))
	world.touch(order, "order_address", at=at)


def change_memo(
	world: World, order: Order, memo: str | None = None, flag: int | None = None, at: float = 0
) -> None:
	"""The seller's note and flag (0 to 5)."""
	if flag is not None and flag not in range(6):
		raise Refusal("bad_flag", str(flag))
	order.seller_memo = order.seller_memo if memo is None else memo
	order.flag = order.flag if flag is None else flag
	world.touch(order, "order_memo", at=at)


def change_amount(world: World, order: Order, adjust: int, at: float = 0) -> None:
	"""The seller changes the price of an unpaid order by `adjust` fen in all."""
	assert_state(order, UNPAID)
	before, order.adjust = order.adjust, adjust
	try:
		assert_amounts(order)
	except Refusal:
		order.adjust = before
		raise
	share_discounts(order)
	world.touch(order, "order_amount", at=at)


def touch(world: World, order: Order, at: float = 0) -> None:
	"""Something that the seller can't see changed."""
	world.touch(order, "order_touched", at=at)


def hide(world: World, order: Order) -> None:
	"""The platform loses sight of it: no list, total or detail shows it, and nothing is pushed."""
	world.hide(order)
	order.is_hidden = True
	world.mark("order", f"{order.shop_id}/{order.order_no}", order)


def reveal(world: World, order: Order) -> None:
	"""It is there again as if it had never been away: same modified time, no push."""
	order.is_hidden = False
	world.hide(order)
	world.show(order)
	world.mark("order", f"{order.shop_id}/{order.order_no}", order)


def poison(world: World, order: Order, kind: str = "missing_lines", at: float = 0) -> None:
	"""Its payload is broken in lists and details until it is cured."""
	if kind not in POISONS:
		raise Refusal("bad_poison", kind)
	order.poison = kind
	world.touch(order, "order_touched", at=at)


def cure(world: World, order: Order, at: float = 0) -> None:
	order.poison = ""
	world.touch(order, "order_touched", at=at)


def refund(
	world: World,
	order: Order,
	kind: str = "",
	line_nos: list[str] | None = None,
	amount: int | None = None,
	reason: str = "",
	at: float = 0,
) -> None:
	"""The buyer asks for a refund; the kind follows from the state unless it is given."""
	kind = kind or ("before_ship" if order.state in TO_SHIP else "refund_only")
	from .cases import open_refund

	open_refund(world, order, kind, line_nos, amount, reason, at)


def make_waybill_no(world: World) -> str:
	return f"YT{8_000_000_000_000 + world.rng.randrange(10**12)}"


ACTIONS = {
	"pay": pay,
	"cancel": cancel,
	"ship": ship,
	"ship_part": ship_part,
	"change_parcel": change_parcel,
	"sign": sign,
	"complete": complete,
	"lock": lock,
	"unlock": unlock,
	"review": review,
	"approve": approve,
	"change_address": change_address,
	"change_memo": change_memo,
	"change_amount": change_amount,
	"touch": touch,
	"hide": hide,
	"reveal": reveal,
	"poison": poison,
	"cure": cure,
	"refund": refund,
}
