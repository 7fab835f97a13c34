"""Couriers for parcels before print: chosen by rules, price and speed, or by a person; each choice keeps its trace.

Locks the parcels. Never commits.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import cint, getdate

from storegroup_oms.bulk import update_rows
from storegroup_oms.couriers.choice import Candidate, Choice, Need, choose
from storegroup_oms.couriers.lane_records import normalise_province, read_book, read_couriers
from storegroup_oms.couriers.lanes import Couriers
from storegroup_oms.couriers.waybills import accounts
from storegroup_oms.couriers.waybills.facts import read_parcels
from storegroup_oms.fulfilment import parcels, stops
from storegroup_oms.fulfilment.parcel_rows import Parcel
from storegroup_oms.fulfilment.steps import Done
from storegroup_oms.orders import events
from storegroup_oms.orders.holds import parse_codes

# Who has chosen, where it wasn't a person.
BY_PRICE = "Price and Speed"
BY_RULE = "Rule"
FIELDS = ("courier", "courier_chosen_by", "courier_trace", "freight_cost", "billed_weight_g")


def ensure_couriers(names: Iterable[str], again: bool = False) -> Done:
	"""Choose for parcels before print that have no courier; with `again` also anew for those that have one.

	A parcel that has a number, or a courier that a person or its order chose, keeps it, and before print gets the freight
	that is expected today. Of the others are refused those that no courier can take, with the reasons, those that are
	stopped, and those past print.
	"""
	wanted = list(dict.fromkeys(names))
	locked = parcels.lock_parcels(wanted)
	stopped = parcels.find_stops_of(locked)
	done = Done()
	choosing: list[Parcel] = []
	for name in wanted:
		parcel = locked.parcels.get(name)
		if parcel and parcel.row.courier and (not again or parcel.row.waybill_no):
			done.names.append(name)
		elif refusal := _find_refusal(parcel, stopped.get(name)):
			done.refused[name] = refusal
		else:
			choosing.append(parcel)
	if again:
		kept = _find_kept([parcel.name for parcel in choosing])
		done.names += [parcel.name for parcel in choosing if parcel.name in kept]
		choosing = [parcel for parcel in choosing if parcel.name not in kept]
	if choosing:
		_choose_for(choosing, done)
	chosen = {parcel.name for parcel in choosing}
	_expect_freight([locked.parcels[name] for name in done.names if name not in chosen])
	return done


def set_courier(names: Iterable[str], courier: str, user: str) -> Done:
	"""A person gives parcels before print a courier, whatever the rules say. Its price is told in the trace."""
	wanted = list(dict.fromkeys(names))
	locked = parcels.lock_parcels(wanted)
	stopped = parcels.find_stops_of(locked)
	others = _find_others(locked.facts.orders, courier)
	done = Done()
	moving = []
	for name in wanted:
		parcel = locked.parcels.get(name)
		refusal = _find_refusal(parcel, stopped.get(name))
		if not refusal and parcel.row.waybill_no and parcel.row.courier != courier:
			refusal = _("It has a number of {0} already. Void that first.").format(parcel.row.courier)
		if not refusal and (bound := sorted(parcel.orders.keys() & others.keys())):
			refusal = _(
				"Another parcel of order {0} goes with {1}; an order's parcels go with one courier."
			).format(bound[0], others[bound[0]])
		if refusal:
			done.refused[name] = refusal
		else:
			moving.append(parcel)
	if moving:
		book, needs = read_book(), read_needs([parcel.name for parcel in moving])
		rows = []
		for parcel in moving:
			choice = choose(needs[parcel.name], book, getdate())
			found = next((one for one in choice.candidates if one.courier == courier), Candidate(courier))
			rest = [one for one in choice.candidates if one.courier != courier]
			rows.append((parcel, Choice(courier, [found, *rest]), user))
		_store(rows)
		_tell_orders(moving, courier, locked)
		done.names += [parcel.name for parcel in moving]
	return done


def _find_others(orders: Iterable[str], courier: str) -> dict[str, str]:
	"""Orders of which a parcel is printed or has left with another courier: order → that one."""
	rows = frappe.db.sql(
		"""SELECT link.`order`, parcel.courier FROM `tabShipment Order` link JOIN tabShipment parcel
		ON parcel.name = link.parent WHERE link.`order` IN %s AND link.parenttype = 'Shipment'
		AND parcel.status NOT IN ('To Print', 'Cancelled') AND parcel.courier != %s ORDER BY parcel.name""",
		(sorted(set(orders)) or [""], courier),
	)
	return dict(rows)


def _tell_orders(moving: Sequence[Parcel], courier: str, locked: parcels.Locked) -> None:
	"""Orders that name a courier name this one, else their open parcels would take the former one over again."""
	orders = {order for parcel in moving for order in parcel.orders if locked.facts.orders[order].courier}
	update_rows("Order", [{"name": order, "courier": courier} for order in sorted(orders)], ("courier",))


def _find_refusal(parcel: Parcel | None, codes: str | None) -> str:
	if parcel is None:
		return _("There is no such parcel, or it was changed at this moment.")
	if not parcel.is_open:
		return _("It is past the choice of a courier.")
	return stops.explain(codes) if codes else ""


def _find_kept(names: Sequence[str]) -> set[str]:
	"""Parcels whose courier a person has chosen."""
	rows = frappe.get_all(
		"Shipment",
		filters={"name": ["in", names or [""]], "courier": ["is", "set"]},
		fields=["name", "courier_chosen_by"],
		order_by="name asc",
	)
	return {
		row.name
		for row in rows
		if row.courier_chosen_by != BY_PRICE and not (row.courier_chosen_by or "").startswith(f"{BY_RULE} ")
	}


def _choose_for(choosing: Sequence[Parcel], done: Done) -> None:
	book, needs = read_book(), read_needs([parcel.name for parcel in choosing])
	ask = _make_ask([parcel.name for parcel in choosing])
	rows = []
	for parcel in choosing:
		choice = choose(needs[parcel.name], book, getdate(), ask)
		if choice.courier:
			rows.append((parcel, choice, f"{BY_RULE} {choice.rule}" if choice.rule else BY_PRICE))
			done.names.append(parcel.name)
		else:
			done.refused[parcel.name] = describe_none(choice)
	_store(rows)


def _make_ask(names: Sequence[str]):
	"""Asks whether a Waybill Account has numbers of a courier for a parcel."""
	book = accounts.Book()
	rows = frappe.db.sql(
		"""SELECT name, status, warehouse, courier, waybill_no, weight_g, expected_weight_g FROM tabShipment
		WHERE name IN %s""",
		[list(names)],
		as_dict=True,
	)
	found = read_parcels(rows)

	def ask(name: str, courier: str) -> str:
		account, refusal = book.choose(found[name], courier)
		return "" if account else refusal

	# A site without any account types its numbers itself.
	return ask if book.accounts else lambda name, courier: ""


def describe_none(choice: Choice) -> str:
	"""Why no courier takes a parcel: each one's first reason."""
	if not choice.candidates:
		return _("There is no active courier.")
	texts = [
		_("{0}: {1}").format(one.courier, explain(one.reasons, False)[0])
		for one in choice.candidates
		if one.reasons
	]
	return _("No courier takes it. {0}").format("；".join(texts[:5]))


def _store(rows: Sequence[tuple[Parcel, Choice, str]]) -> None:
	values = []
	for parcel, choice, chosen_by in rows:
		parcel.row.courier = choice.courier
		price = choice.candidates[0].price
		values.append(
			{
				"name": parcel.name,
				"courier": choice.courier,
				"courier_chosen_by": chosen_by[:140],
				"courier_trace": json.dumps(describe(choice), ensure_ascii=False),
				"freight_cost": price or 0,
				"billed_weight_g": 0,
			}
		)
		parcel.remember()
	update_rows("Shipment", values, FIELDS)
	events.record_events(
		{
			"order": order,
			"event": "Courier chosen",
			"source": frappe.session.user,
			"details": {"shipment": parcel.name, "courier": choice.courier, "by": chosen_by},
		}
		for parcel, choice, chosen_by in rows
		for order in sorted(parcel.orders)
	)


def _expect_freight(found: Sequence[Parcel]) -> None:
	"""Write what open parcels are expected to cost with the courier that they have, where that differs and is not billed."""
	open_ones = [parcel for parcel in found if parcel.is_open]
	if not open_ones:
		return
	couriers, day = read_couriers(), getdate()
	needs = read_needs([parcel.name for parcel in open_ones])
	stored = frappe.db.sql(
		"SELECT name, freight_cost FROM tabShipment WHERE name IN %s AND IFNULL(freight_is_billed, 0) = 0",
		[sorted(needs) or [""]],
	)
	known = {name: Decimal(str(cost or 0)) for name, cost in stored}
	rows = []
	for parcel in open_ones:
		need = needs.get(parcel.name)
		price = need and _find_price(need, parcel.row.courier, couriers, day)
		if price is not None and parcel.name in known and price != known[parcel.name]:
			rows.append({"name": parcel.name, "freight_cost": price})
	update_rows("Shipment", rows, ("freight_cost",), stamps=False)


def _find_price(need: Need, courier: str, couriers: Couriers, day: date) -> Decimal | None:
	lane = couriers.find_lane(courier, need.warehouse, need.province, need.city)
	price = lane and couriers.get_price(lane, need.province, need.weight_g, need.volume_cm3, day)
	return price.total if price else None


# Facts


def read_needs(names: Sequence[str], statuses: Sequence[str] = ()) -> dict[str, Need]:
	"""What the choice asks of parcels, in three statements. `names` may be of parcels that have left."""
	rows = frappe.db.sql(
		"""SELECT name, warehouse, province, city, weight_g, expected_weight_g FROM tabShipment WHERE name IN %s""",
		[list(names) or [""]],
		as_dict=True,
	)
	shops: dict[str, set[str]] = {row.name: set() for row in rows}
	platforms: dict[str, set[str]] = {row.name: set() for row in rows}
	amounts: dict[str, Decimal] = {row.name: Decimal(0) for row in rows}
	tags: dict[str, set[str]] = {row.name: set() for row in rows}
	tiers: dict[str, set[str]] = {row.name: set() for row in rows}
	for parent, shop, platform, paid, order_tags, tier in frappe.db.sql(
		"""SELECT link.parent, own.shop, own.platform, own.paid_amount, own.tags, buyer.tier
		FROM `tabShipment Order` link JOIN tabOrder own ON own.name = link.`order`
		LEFT JOIN tabCustomer buyer ON buyer.name = own.customer
		WHERE link.parent IN %s AND link.parenttype = 'Shipment'""",
		[list(shops) or [""]],
	):
		tags[parent] |= parse_codes(order_tags)
		tiers[parent] |= {tier} if tier else set()
		shops[parent].add(shop or "")
		platforms[parent].add(platform or "")
		amounts[parent] += Decimal(str(paid or 0))
	skus: dict[str, set[str]] = {row.name: set() for row in rows}
	volumes: dict[str, int] = dict.fromkeys(skus, 0)
	for parent, sku, qty, mm3 in frappe.db.sql(
		"""SELECT item.parent, item.sku, item.qty, sku.length_mm * sku.width_mm * sku.height_mm
		FROM `tabShipment Item` item LEFT JOIN tabSKU sku ON sku.name = item.sku
		WHERE item.parent IN %s AND item.parenttype = 'Shipment'""",
		[list(skus) or [""]],
	):
		skus[parent].add(sku)
		volumes[parent] += cint(qty) * cint(mm3)
	return {
		row.name: Need(
			row.name,
			frozenset(shops[row.name]),
			frozenset(platforms[row.name]),
			row.warehouse or "",
			normalise_province(row.province),
			row.city or "",
			cint(row.weight_g) or cint(row.expected_weight_g),
			-(-volumes[row.name] // 1000),
			amounts[row.name],
			frozenset(skus[row.name]),
			frozenset(tags[row.name]),
			frozenset(tiers[row.name]),
		)
		for row in rows
	}


# Telling


def describe(choice: Choice) -> list[dict]:
	"""Each candidate, the chosen one first: {courier, is_chosen, price, parts, days, days_known, burden, reasons}.

	Amounts are texts of two places, or None.
	"""
	return [
		{
			"courier": one.courier,
			"is_chosen": one.courier == choice.courier,
			"price": _show(one.price),
			"parts": [[label, _show(amount)] for label, amount in one.parts],
			"days": f"{one.days:.1f}",
			"days_known": one.days_known,
			"burden": _show(one.burden),
			"reasons": one.reasons,
		}
		for one in choice.candidates
	]


def _show(amount: Decimal | None) -> str | None:
	return None if amount is None else f"{amount:.2f}"


def explain(reasons: Iterable[tuple[str, Mapping]], shows_cost: bool) -> list[str]:
	"""One sentence for each (code, facts) of a candidate. Amounts are told only to those who may know costs."""
	return [_explain(code, facts, shows_cost) for code, facts in reasons]


def _explain(code: str, facts: Mapping, shows_cost: bool) -> str:
	region = " ".join(part for part in (facts.get("province"), facts.get("city")) if part)
	if code == "too_heavy":
		return _("Takes up to {0} g, this is {1} g").format(facts["limit_g"], facts["weight_g"])
	if code == "unserved":
		return _("Does not go to {0}").format(region or _("an unknown region"))
	if code == "no_account":
		return facts["text"]
	if code == "avoided":
		return _("Rule {0} keeps it out").format(facts["rule"])
	if code == "other_demanded":
		return _("Rule {0} wants {1}").format(facts["rule"], facts["courier"])
	if code == "other_preferred":
		return _("Rule {0} prefers {1}").format(facts["rule"], facts["courier"])
	if code == "price_unknown":
		return _("What it costs is not known")
	if code == "lower_priority":
		return _("Is equal to {0}, which comes first by priority").format(facts["courier"])
	if shows_cost:
		return _("Price and waiting come to {0}, the best to {1}").format(facts["burden"], facts["best"])
	return _("Is dearer or slower")
