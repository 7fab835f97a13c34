"""Gifts on orders: given from what is left once all goods of an order are reserved, taken off when it earns them no more.

A gift is a line of the order that costs nothing, is reserved as it is made, in a warehouse that sends to the order
anyway, and never keeps the order back: it goes before the order would wait for it. Called by `allocation`, which
holds the orders' locks; rules are locked next, in name order, so that their limits are exact. Never commits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import frappe
from frappe.utils import now_datetime

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.fulfilment import gift_rules
from storegroup_oms.fulfilment.gift_facts import make_bought, read_lines, read_rules
from storegroup_oms.fulfilment.gift_rules import Bought, Ledger, Refusal, Rule
from storegroup_oms.fulfilment.wants import LEFT, LIVE, WAITING, explode_safely
from storegroup_oms.hashing import make_row_name
from storegroup_oms.inventory.locks import Balance, Key
from storegroup_oms.inventory.reservation import Claim, Parcel, reserve
from storegroup_oms.orders import events, outbox
from storegroup_oms.orders.order_rows import LINE_FIELDS, summarise_lines

TOTALS = ("item_count", "total_qty", "sku_summary")
GRANT_FIELDS = (
	"order",
	"rule",
	"status",
	"reason",
	"sku",
	"qty",
	"warehouse",
	"given_at",
	"min_amount",
	"bought_sku",
	"bought_qty",
	"buyer",
	"order_item",
)
# A line that a person took away is not made again.
REMOVED = "removed"
UNEARNED = """SELECT DISTINCT o.name FROM tabOrder o
	JOIN `tabGift Grant` gift ON gift.`order` = o.name AND gift.status = 'Given'
	LEFT JOIN `tabOrder Item` line ON line.name = gift.order_item
	WHERE o.status IN %s AND IFNULL(line.shipped_qty, 0) = 0 AND (line.name IS NULL
		OR o.paid_amount - o.refund_amount < gift.min_amount OR gift.bought_qty > (
			SELECT IFNULL(SUM(sold.qty), 0) FROM `tabOrder Item` sold WHERE sold.parent = o.name
			AND sold.is_gift = 0 AND IFNULL(sold.refund_status, '') != 'Refunded'
			AND (IFNULL(gift.bought_sku, '') = '' OR sold.sku = gift.bought_sku)
		)
	) ORDER BY o.name"""


@dataclass(frozen=True)
class Gift:
	"""What a rule gives to an order: units of its gift SKU, made of `parts`, from a warehouse."""

	order: frappe._dict
	rule: Rule
	times: int
	warehouse: str
	parts: Mapping[str, int]

	@property
	def qty(self) -> int:
		return self.rule.gift_qty * self.times

	@property
	def line(self) -> str:
		return make_row_name("gift line", self.rule.name, self.order.name)


@dataclass
class Desk:
	"""What a batch of locked orders has earned; `parts` are the plain SKUs of each gift SKU that may be given."""

	orders: Mapping[str, frappe._dict]
	lines: dict[str, list[frappe._dict]] = field(default_factory=dict)
	kept: dict[str, set[str]] = field(default_factory=dict)
	renewed: set[str] = field(default_factory=set)
	bought: dict[str, Bought] = field(default_factory=dict)
	earned: dict[str, list[tuple[Rule, int]]] = field(default_factory=dict)
	refused: dict[str, list[tuple[Rule, Refusal]]] = field(default_factory=dict)
	ledger: Ledger = field(default_factory=Ledger)
	parts: dict[str, dict[str, int]] = field(default_factory=dict)

	@property
	def skus(self) -> set[str]:
		"""Plain SKUs that gifts may take."""
		return {sku for pieces in self.parts.values() for sku in pieces}


def open_desk(orders: Sequence[frappe._dict], reserves: bool) -> Desk:
	"""Take off what is earned or had no more, find what each order has earned, lock the rules of both.

	Without `reserves` nothing is promised anew, so that only what is no longer earned goes.
	"""
	desk = Desk({order.name: order for order in orders})
	grants = _read_grants(list(desk.orders))
	rules = read_rules() if reserves else []
	if not (grants or rules):
		return desk
	desk.lines = read_lines(list(desk.orders))
	desk.bought = {name: make_bought(order, desk.lines.get(name, [])) for name, order in desk.orders.items()}
	gone = [(grant, reason) for grant in grants if (reason := _find_reason(desk, grant, reserves))]
	reasons = {grant.name: reason for grant, reason in gone}
	for grant in grants:
		reason = reasons.get(grant.name, grant.reason)
		if reason == REMOVED or (grant.status == "Given" and not reason):
			desk.kept.setdefault(grant.order, set()).add(grant.rule)
	_match(desk, rules)
	given = lock_rules(
		{rule.name for found in desk.earned.values() for rule, _times in found}
		| {grant.rule for grant, _reason in gone}
	)
	_take_off(desk, gone, given)
	_drop_switched_off(desk, given)
	desk.ledger = Ledger({name: row.given_qty for name, row in given.items()}, _count_buyers(desk))
	desk.parts = explode_safely({rule.gift_sku for found in desk.earned.values() for rule, _times in found})
	return desk


def find_unearned() -> list[str]:
	"""Orders that hold a gift, not sent yet, which they earn no more or whose line a person took away."""
	return frappe.db.sql_list(UNEARNED, [LIVE])


# What orders have earned


def _match(desk: Desk, rules: Sequence[Rule]) -> None:
	for name, order in desk.orders.items():
		if order.status not in WAITING:
			continue
		had = desk.kept.get(name, set())
		earned, desk.refused[name] = gift_rules.match(
			[rule for rule in rules if rule.name not in had], desk.bought[name]
		)
		if earned:
			desk.earned[name] = earned


def lock_rules(names: Iterable[str]) -> dict[str, frappe._dict]:
	"""Rules with what they have given by now, locked until the transaction ends."""
	wanted = sorted(set(names))
	if not wanted:
		return {}
	rows = frappe.db.sql(
		"""SELECT name, is_active, total_qty, orders_per_buyer, given_qty FROM `tabGift Rule`
		WHERE name IN %s ORDER BY name FOR UPDATE""",
		[wanted],
		as_dict=True,
	)
	return {row.name: row for row in rows}


def _drop_switched_off(desk: Desk, given: Mapping[str, frappe._dict]) -> None:
	for name, found in desk.earned.items():
		desk.earned[name] = [
			(rule, times) for rule, times in found if rule.name in given and given[rule.name].is_active
		]


def _count_buyers(desk: Desk) -> dict[tuple[str, str], int]:
	"""(rule, buyer) → orders that have the gift, of rules that limit them."""
	rules, buyers = set(), set()
	for name, found in desk.earned.items():
		for rule, _times in found:
			if rule.orders_per_buyer and desk.bought[name].buyer:
				rules.add(rule.name)
				buyers.add(desk.bought[name].buyer)
	if not rules:
		return {}
	rows = frappe.db.sql(
		"""SELECT rule, buyer, COUNT(*) FROM `tabGift Grant` WHERE buyer IN %s AND rule IN %s AND status = 'Given'
		GROUP BY rule, buyer LOCK IN SHARE MODE""",
		(sorted(buyers), sorted(rules)),
	)
	return {(rule, buyer): int(count) for rule, buyer, count in rows}


# Taking off


def _read_grants(orders: Sequence[str]) -> list[frappe._dict]:
	if not orders:
		return []
	return frappe.db.sql(
		"""SELECT name, `order`, rule, status, reason, sku, qty, warehouse, min_amount, bought_sku, bought_qty,
		order_item FROM `tabGift Grant` WHERE `order` IN %s ORDER BY name LOCK IN SHARE MODE""",
		[orders],
		as_dict=True,
	)


def _find_reason(desk: Desk, grant: frappe._dict, reserves: bool) -> str:
	"""Why a gift is to be taken off, "" when it stays."""
	order = desk.orders[grant.order]
	if grant.status != "Given" or order.status in LEFT:
		return ""
	lines = desk.lines.get(grant.order, [])
	line = next((line for line in lines if line.name == grant.order_item), None)
	if not line:
		return REMOVED
	if line.shipped_qty:
		return ""
	if order.status not in LIVE:
		# One that holds nothing has left with the order, by the platform's word.
		return "order_closed" if line.reserved_qty else ""
	amount = Decimal(str(grant.min_amount or 0))
	bought = desk.bought[grant.order]
	if isinstance(gift_rules.count_earned(bought, amount, grant.bought_sku or "", grant.bought_qty), Refusal):
		return "earned_no_more"
	if not reserves:
		return ""
	if line.reserved_qty < line.qty:
		return "stock_gone"
	is_moved = order.keep_warehouse and order.warehouse and order.warehouse != grant.warehouse
	if order.status in WAITING and (is_moved or any(_is_lacking(one) for one in lines)):
		return "goods_changed"
	return ""


def _is_lacking(line: frappe._dict) -> bool:
	return (
		bool(line.sku)
		and line.refund_status != "Refunded"
		and line.reserved_qty + line.shipped_qty < line.qty
	)


def _take_off(
	desk: Desk, gone: Sequence[tuple[frappe._dict, str]], given: Mapping[str, frappe._dict]
) -> None:
	"""Delete the lines; the pieces that they hold fit nothing then, so that `allocation` gives them back."""
	if not gone:
		return
	lines = {grant.order_item for grant, _reason in gone}
	frappe.db.sql("DELETE FROM `tabOrder Item` WHERE name IN %s AND is_gift = 1", [sorted(lines)])
	for grant, _reason in gone:
		desk.lines[grant.order] = [line for line in desk.lines.get(grant.order, []) if line.name not in lines]
		if grant.rule in given:
			given[grant.rule].given_qty -= grant.qty
	update_rows(
		"Gift Grant",
		[{"name": grant.name, "status": "Taken Off", "reason": reason} for grant, reason in gone],
		("status", "reason"),
	)
	_store_given({grant.rule: given[grant.rule].given_qty for grant, _why in gone if grant.rule in given})
	desk.renewed = {grant.order for grant, _reason in gone}
	_store_totals(desk, desk.renewed)
	events.record_events(
		{
			"order": grant.order,
			"event": "Gift taken off",
			"source": events.GIFT_SOURCE,
			"details": {"gifts": [[reason, {"rule": grant.rule, "sku": grant.sku, "qty": grant.qty}]]},
		}
		for grant, reason in gone
	)


# Giving


def give(
	desk: Desk,
	ready: Mapping[str, Sequence[str]],
	free: dict[Key, int],
	balances: Mapping[Key, Balance],
) -> list[Gift]:
	"""Give to orders that hold all their goods what they have earned and what is left; returns the gifts.

	`ready`: order → warehouses that send to it, those first that come first. `free` pieces of the gifts' SKUs by
	place, whose balances are locked. Lines are written and reserved; the timeline tells who gave what and why not.
	"""
	gifts: list[Gift] = []
	told = []
	for name, warehouses in ready.items():
		found, refused = _give_one(desk, name, warehouses, free)
		gifts += found
		refused += [pair for pair in desk.refused.get(name, []) if pair[1].is_told]
		if found or refused:
			told.append(_tell(name, found, refused))
	if gifts:
		_write(desk, gifts, balances)
	events.record_events(told)
	return gifts


def _give_one(
	desk: Desk, name: str, warehouses: Sequence[str], free: dict[Key, int]
) -> tuple[list[Gift], list[tuple[Rule, Refusal]]]:
	order, buyer = desk.orders[name], desk.bought[name].buyer
	gifts: list[Gift] = []
	refused = []
	for rule, times in desk.earned.get(name, []):
		refusal = gift_rules.find_conflict(rule, [gift.rule for gift in gifts])
		refusal = refusal or desk.ledger.find_refusal(rule, buyer)
		if not refusal:
			parts = desk.parts[rule.gift_sku]
			times, warehouse = _find_stock(rule, desk.ledger.limit(rule, times), parts, warehouses, free)
			if times:
				gift = Gift(order, rule, times, warehouse, parts)
				gifts.append(gift)
				desk.ledger.add(rule, buyer, gift.qty)
				for sku, count in parts.items():
					free[sku, warehouse] -= count * gift.qty
				continue
			refusal = Refusal("no_stock", {"sku": rule.gift_sku, "keep": rule.keep_free})
		refused.append((rule, refusal))
	return gifts, refused


def _find_stock(
	rule: Rule, times: int, parts: Mapping[str, int], warehouses: Sequence[str], free: Mapping[Key, int]
) -> tuple[int, str]:
	"""How often there is enough in one of the warehouses, and in which; the first with most. (0, "") for none."""
	best = (0, "")
	for warehouse in warehouses:
		count = times
		for sku, per_unit in parts.items():
			here = free.get((sku, warehouse), 0)
			everywhere = sum(pieces for (one, _place), pieces in free.items() if one == sku)
			count = min(count, min(here, everywhere - rule.keep_free) // (per_unit * rule.gift_qty))
		if count > best[0]:
			best = (count, warehouse)
	return best


def _tell(name: str, gifts: Sequence[Gift], refused: Sequence[tuple[Rule, Refusal]]) -> dict:
	notes = [
		["given", {"rule": gift.rule.name, "sku": gift.rule.gift_sku, "qty": gift.qty}] for gift in gifts
	]
	notes += [[refusal.code, {**refusal.facts, "by": rule.name}] for rule, refusal in refused]
	event = "Gifts added" if gifts else "No gift added"
	return {"order": name, "event": event, "source": events.GIFT_SOURCE, "details": {"gifts": notes}}


def _write(desk: Desk, gifts: Sequence[Gift], balances: Mapping[Key, Balance]) -> None:
	titles = _read_titles({gift.rule.gift_sku for gift in gifts})
	for gift in gifts:
		lines = desk.lines.setdefault(gift.order.name, [])
		lines.append(_make_line(gift, max((line.idx for line in lines), default=0) + 1, titles, balances))
	new = {gift.line for gift in gifts}
	rows = [line for gift in gifts for line in desk.lines[gift.order.name] if line.name in new]
	insert_rows(
		"Order Item", list({row.name: row for row in rows}.values()), (*LINE_FIELDS, "is_gift", "unit_cost")
	)
	outcome = reserve([_make_parcel(gift) for gift in gifts])
	assert not outcome.short, "gifts are counted under the locks of their balances"
	insert_rows(
		"Gift Grant", [_make_grant(desk, gift) for gift in gifts], GRANT_FIELDS, on_duplicate=GRANT_FIELDS
	)
	_store_given({gift.rule.name: desk.ledger.given[gift.rule.name] for gift in gifts})
	_store_totals(desk, {gift.order.name for gift in gifts})


def _make_line(
	gift: Gift, idx: int, titles: Mapping[str, tuple[str, str]], balances: Mapping[Key, Balance]
) -> frappe._dict:
	title, specification = titles[gift.rule.gift_sku]
	cost = sum(balances[sku, gift.warehouse].cost * count for sku, count in gift.parts.items())
	return frappe._dict(
		name=gift.line,
		idx=idx,
		parent=gift.order.name,
		parenttype="Order",
		parentfield="items",
		sku=gift.rule.gift_sku,
		title=title,
		specification=specification,
		qty=gift.qty,
		unit_price=0,
		discount_amount=0,
		amount=0,
		refund_status="",
		is_gift=1,
		unit_cost=cost,
	)


def _read_titles(skus: Iterable[str]) -> dict[str, tuple[str, str]]:
	rows = frappe.db.sql(
		"SELECT name, IFNULL(sku_name, ''), IFNULL(specification, '') FROM tabSKU WHERE name IN %s",
		[sorted(skus)],
	)
	return {name: (title, specification) for name, title, specification in rows}


def _make_parcel(gift: Gift) -> Parcel:
	claims = [
		Claim(gift.order.name, gift.line, sku, count * gift.qty, count, gift.order.shop)
		for sku, count in gift.parts.items()
	]
	return Parcel(gift.line, gift.warehouse, claims)


def _make_grant(desk: Desk, gift: Gift) -> dict:
	rule = gift.rule
	return {
		"name": make_row_name("gift", rule.name, gift.order.name),
		"order": gift.order.name,
		"rule": rule.name,
		"status": "Given",
		"reason": "",
		"sku": rule.gift_sku,
		"qty": gift.qty,
		"warehouse": gift.warehouse,
		"given_at": now_datetime(),
		# What the order must still be worth to keep all of it.
		"min_amount": rule.min_amount * gift.times,
		"bought_sku": rule.bought_sku or None,
		"bought_qty": rule.bought_qty * (gift.times if _counts_pieces(rule) else 1),
		"buyer": desk.bought[gift.order.name].buyer,
		"order_item": gift.line,
	}


def _counts_pieces(rule: Rule) -> bool:
	return bool(rule.bought_sku) or rule.bought_qty > 1 or not rule.min_amount


def _store_given(given: Mapping[str, int]) -> None:
	update_rows(
		"Gift Rule",
		[{"name": name, "given_qty": max(count, 0)} for name, count in sorted(given.items())],
		("given_qty",),
		stamps=False,
	)


def _store_totals(desk: Desk, names: Iterable[str]) -> None:
	changed = sorted(names)
	rows = [{"name": name, **summarise_lines(desk.lines.get(name, []))} for name in changed]
	update_rows("Order", rows, TOTALS)
	outbox.record_changes(
		updated=[(name, {"sku_summary": desk.orders[name].sku_summary}) for name in changed]
	)
