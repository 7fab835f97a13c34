"""What is checked about an order before it goes on: plain facts in, findings out. Pure.

Each check returns one finding or None. A finding names its hold code, says in `details` what was seen (without personal
data; `orders.review_texts` puts it into words) and in `facts` what a person who clears it has judged: while these stay
the same, the cleared hold stays away.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from storegroup_oms.customers.masking import is_masked, normalise_mobile
from storegroup_oms.orders import divisions
from storegroup_oms.orders.importing.addresses import find_province

HOLD, TAG = "Hold", "Tag"
ZERO = Decimal(0)
# A street and a number are at least this long.
SHORTEST_ADDRESS = 4
_LANDLINE = re.compile(r"0[1-9]\d{1,2}\d{7,8}|[48]00\d{7}|95\d{3,4}")
_MOBILE = re.compile(r"1[3-9]\d{9}")
# Province → how its own numbers look, with or without the code of the place.
_LOCAL = {
	"香港特别行政区": re.compile(r"(00)?(852)?[2-9]\d{7}"),
	"澳门特别行政区": re.compile(r"(00)?(853)?[268]\d{7}"),
	"台湾省": re.compile(r"(00)?(886)?0?\d{8,9}"),
}


@dataclass(frozen=True)
class Check:
	"""One active check as it is set up. What `threshold` counts depends on the check."""

	code: str
	effect: str = HOLD
	threshold: Decimal = ZERO
	regions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Line:
	"""One sold line. `listed` is the listing's price, `floor` the SKU's lowest; 0 where not known."""

	name: str
	label: str
	qty: int
	unit_price: Decimal
	amount: Decimal
	listed: Decimal = ZERO
	floor: Decimal = ZERO


@dataclass(frozen=True, repr=False)
class Facts:
	"""All that is known of an order. Receiver texts may be masked; `twins` are names of like orders placed before."""

	name: str
	order_type: str = "Normal"
	receiver: str = ""
	mobile: str = ""
	address: str = ""
	has_token: bool = False
	province: str = ""
	city: str = ""
	district: str = ""
	buyer_message: str = ""
	seller_memo: str = ""
	invoice: str = ""
	goods_amount: Decimal = ZERO
	discount_amount: Decimal = ZERO
	platform_discount_amount: Decimal = ZERO
	freight_amount: Decimal = ZERO
	total_amount: Decimal = ZERO
	paid_amount: Decimal = ZERO
	refund_amount: Decimal = ZERO
	is_blocked: bool = False
	blocked_reason: str = ""
	platform_codes: frozenset[str] = frozenset()
	planned_on: date | None = None
	today: date | None = None
	lines: Sequence[Line] = ()
	twins: Sequence[str] = ()


@dataclass(frozen=True)
class Finding:
	"""Something that speaks against an order."""

	code: str
	effect: str
	details: Mapping[str, object] = field(default_factory=dict)
	facts: tuple = ()


def find_all(facts: Facts, checks: Mapping[str, Check]) -> list[Finding]:
	"""Findings of all active checks, in the order of `CHECKS`."""
	found = (CHECKS[code](facts, checks[code]) for code in CHECKS if code in checks)
	return [finding for finding in found if finding]


def check_complete(facts: Facts, check: Check) -> Finding | None:
	"""Province, city, district, street and name are there, as far as the platform tells them."""
	missing = divisions.find_missing(facts.province, facts.city, facts.district)
	if not missing and not facts.has_token:
		text = "".join(facts.address.split())
		if not text:
			missing = "address"
		elif not is_masked(text) and len(text) < SHORTEST_ADDRESS:
			missing = "street"
		elif not facts.receiver.strip():
			missing = "name"
	if not missing:
		return None
	seen = (facts.province, facts.city, facts.district, facts.address, facts.receiver)
	return Finding(check.code, check.effect, {"part": missing}, seen)


def check_known(facts: Facts, check: Check) -> Finding | None:
	"""The divisions belong together. What is missing is another check's business."""
	if not facts.province:
		return None
	part = divisions.find_contradiction(facts.province, facts.city, facts.district)
	if not part:
		return None
	place = {"province": facts.province, "city": facts.city, "district": facts.district}
	details = {"part": part, "name": place[part], "within": _name_parent(facts, part)}
	return Finding(check.code, check.effect, details, tuple(place.values()))


def _name_parent(facts: Facts, part: str) -> str:
	return {"province": "", "city": facts.province, "district": facts.city or facts.province}[part]


def check_phone(facts: Facts, check: Check) -> Finding | None:
	"""A number in clear can be a real one. Masks and the platforms' tokens can't be judged and pass."""
	text = facts.mobile.strip()
	if not text:
		fault = None if facts.has_token else {"fault": "none"}
	elif is_masked(text):
		fault = None
	else:
		fault = find_phone_fault(text, facts.province)
	return Finding(check.code, check.effect, fault, (text, facts.province)) if fault else None


def find_phone_fault(text: str, province: str = "") -> dict[str, object] | None:
	"""What is wrong with a number in clear: {fault: digits, digits: n} or {fault: start}; None when it can be real."""
	digits = normalise_mobile(text)
	if _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits):
		return None
	local = _LOCAL.get(find_province(province) or "")
	if local and local.fullmatch(digits):
		return None
	if len(digits) != 11:
		return {"fault": "digits", "digits": len(digits)}
	return {"fault": "start", "start": digits[:3]}


def check_quantity(facts: Facts, check: Check) -> Finding | None:
	"""No line has more pieces than `threshold`, none has none."""
	for line in facts.lines:
		if line.qty < 1 or (check.threshold and line.qty > check.threshold):
			details = {"line": line.label, "qty": line.qty, "limit": int(check.threshold)}
			return Finding(check.code, check.effect, details, _list_quantities(facts))
	return None


def _list_quantities(facts: Facts) -> tuple:
	return tuple(sorted((line.name, line.qty) for line in facts.lines))


def check_price(facts: Facts, check: Check) -> Finding | None:
	"""No unit price is off its listing by more than `threshold` percent, none ends below the SKU's lowest price."""
	for line in facts.lines:
		details = _find_price_fault(line, check.threshold)
		if details:
			seen = tuple(sorted((row.name, str(row.unit_price), str(row.amount)) for row in facts.lines))
			return Finding(check.code, check.effect, details, seen)
	return None


def _find_price_fault(line: Line, percent: Decimal) -> dict[str, object] | None:
	if line.listed > 0 and 100 * abs(line.unit_price - line.listed) > percent * line.listed:
		prices = {"price": f"{line.unit_price:.2f}", "listed": f"{line.listed:.2f}"}
		return {"line": line.label, **prices, "percent": f"{percent.normalize():f}"}
	if line.floor > 0 and line.qty > 0 and line.amount < line.floor * line.qty:
		return {
			"line": line.label,
			"price": f"{line.amount / line.qty:.2f}",
			"floor": f"{line.floor:.2f}",
		}
	return None


def check_money(facts: Facts, check: Check) -> Finding | None:
	"""Goods, discount, freight, lines and payment agree, but for `threshold` yuan."""
	sums = [
		("total", facts.goods_amount - facts.discount_amount + facts.freight_amount, facts.total_amount),
	]
	if facts.lines:
		lines = sum((line.amount for line in facts.lines), ZERO) + facts.freight_amount
		sums.append(("lines", lines, facts.total_amount))
	is_paid_now = facts.paid_amount and facts.order_type not in ("Presale", "Cash on Delivery")
	if is_paid_now and facts.paid_amount + facts.platform_discount_amount < facts.total_amount:
		# What the platform bears is paid by nobody yet; more than the total may be a tip or a rounding.
		sums.append(("paid", facts.paid_amount, facts.total_amount))
	for what, found, wanted in sums:
		if abs(found - wanted) > check.threshold:
			details = {"sum": what, "found": f"{found:.2f}", "wanted": f"{wanted:.2f}"}
			return Finding(check.code, check.effect, details, (str(found), str(wanted)))
	return None


def check_duplicate(facts: Facts, check: Check) -> Finding | None:
	"""Nobody ordered the same a short time before; `twins` are looked up with `threshold` hours."""
	if not facts.twins:
		return None
	twins = sorted(facts.twins)
	return Finding(check.code, check.effect, {"orders": twins[:5]}, tuple(twins))


def check_blocked(facts: Facts, check: Check) -> Finding | None:
	if not facts.is_blocked:
		return None
	return Finding(check.code, check.effect, {"reason": facts.blocked_reason}, (facts.blocked_reason,))


def check_remote(facts: Facts, check: Check) -> Finding | None:
	"""The receiver's province, or city, is not on the check's list."""
	province = find_province(facts.province) or facts.province
	for listed, city in check.regions:
		if listed == province and (not city or facts.city.startswith(city)):
			region = f"{province} {city}".strip()
			return Finding(check.code, check.effect, {"region": region}, (region,))
	return None


def check_memo(facts: Facts, check: Check) -> Finding | None:
	"""Neither buyer nor seller has written something."""
	texts = (facts.buyer_message.strip(), facts.seller_memo.strip())
	if not any(texts):
		return None
	who = "both" if all(texts) else "buyer" if texts[0] else "seller"
	return Finding(check.code, check.effect, {"who": who}, texts)


def check_invoice(facts: Facts, check: Check) -> Finding | None:
	is_told = check.code in facts.platform_codes
	if facts.invoice not in ("Personal", "Company") and not is_told:
		return None
	return Finding(check.code, check.effect, {"kind": facts.invoice}, (facts.invoice, is_told))


def check_balance(facts: Facts, check: Check) -> Finding | None:
	"""A presale is paid in full, but for `threshold` yuan."""
	owed = facts.total_amount - facts.paid_amount - facts.refund_amount
	is_short = facts.order_type == "Presale" and owed > check.threshold
	if not is_short and check.code not in facts.platform_codes:
		return None
	details = {"owed": f"{owed:.2f}"} if is_short else {}
	return Finding(check.code, check.effect, details, (str(facts.total_amount), str(facts.paid_amount)))


def check_planned(facts: Facts, check: Check) -> Finding | None:
	"""The day that the order is to be sent on is at most `threshold` days away."""
	if facts.planned_on is None or facts.today is None:
		return None
	if facts.planned_on - facts.today <= timedelta(days=int(check.threshold)):
		return None
	return Finding(check.code, check.effect, {"day": facts.planned_on.isoformat()}, (str(facts.planned_on),))


# Code → check, in the order in which people want to read them.
CHECKS: Mapping[str, Callable[[Facts, Check], Finding | None]] = {
	"address_incomplete": check_complete,
	"address_unknown": check_known,
	"phone_invalid": check_phone,
	"quantity_unusual": check_quantity,
	"price_mismatch": check_price,
	"amount_mismatch": check_money,
	"duplicate_suspected": check_duplicate,
	"buyer_blocked": check_blocked,
	"region_remote": check_remote,
	"memo_present": check_memo,
	"invoice_requested": check_invoice,
	"balance_unpaid": check_balance,
	"ship_later": check_planned,
}
