"""Money as Decimal yuan with two places: reading it from text and sharing it out without losing a cent.

Pure: imports no Frappe. Never accepts or returns a float.
"""

import re
import unicodedata
from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
LIMIT = Decimal(10) ** 10
_PLAIN = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]*))?\Z")
_PREFIX = re.compile(r"^([+-]?)\s*(?:¥|CNY|RMB)\s*", re.IGNORECASE)


class MoneyError(ValueError):
	"""A text that is no usable amount.

	`code` is empty, not_a_number, too_many_decimals or too_large; `value` is the text as given.
	"""

	def __init__(self, code: str, value: object):
		self.code = code
		self.value = value
		super().__init__(f"{code}: {value!r}")


def to_money(text: str | int | Decimal | None) -> Decimal:
	"""Read an amount in yuan: '1,234.50', '￥12.00', '12元', full-width digits; two places come back.

	More than two decimals are refused unless the rest are zeros. Negative amounts are read as such.
	Raises MoneyError; a float is a TypeError because its cents are already lost.
	"""
	if isinstance(text, bool | float):
		raise TypeError("money is never a float or a bool")
	if text is None:
		raise MoneyError("empty", text)
	if isinstance(text, Decimal):
		return _from_decimal(text)
	raw = str(text)
	if len(raw) > 64:
		raise MoneyError("not_a_number", raw[:64])
	match = _PLAIN.match(raw)
	if match is None:
		cleaned = unicodedata.normalize("NFKC", raw).strip()
		if not cleaned:
			raise MoneyError("empty", raw)
		cleaned = _PREFIX.sub(r"\1", cleaned).removesuffix("元").rstrip()
		match = _PLAIN.match(cleaned)
		if match is None:
			raise MoneyError("not_a_number", raw)
	if len((match[1] or "").rstrip("0")) > 2:
		raise MoneyError("too_many_decimals", raw)
	return _bounded(Decimal(match[0].replace(",", "")), raw)


def _from_decimal(value: Decimal) -> Decimal:
	if not value.is_finite():
		raise MoneyError("not_a_number", value)
	if abs(value) >= LIMIT:
		raise MoneyError("too_large", value)
	cents = value.quantize(CENT)
	if value != cents:
		raise MoneyError("too_many_decimals", value)
	return cents + ZERO


def _bounded(value: Decimal, raw: object) -> Decimal:
	if abs(value) >= LIMIT:
		raise MoneyError("too_large", raw)
	# adding zero drops the sign of "-0"
	return value.quantize(CENT) + ZERO


def round_money(value: Decimal) -> Decimal:
	"""Round half up (away from zero) to the cent."""
	return value.quantize(CENT, rounding=ROUND_HALF_UP) + ZERO


def allocate(total: Decimal, weights: Sequence[Decimal | int]) -> list[Decimal]:
	"""Share `total` out in proportion to `weights`; the shares sum to `total` to the cent.

	Each share is cut to the cent and what is left over goes to the largest weight (the first of equals).
	While 0 <= total <= sum(weights) no share exceeds its weight: a left-over that would not fit moves on to
	the next largest, so a discount never makes a line negative. Weights of zero only: equal shares. A
	negative total is shared as its positive twin. ValueError: a negative weight, a total with a fraction of
	a cent, or nothing to share a non-zero total among.
	"""
	if total < 0:
		return [-share + ZERO for share in allocate(-total, weights)]
	if total != total.quantize(CENT):
		raise ValueError("total has a fraction of a cent")
	if any(weight < 0 for weight in weights):
		raise ValueError("a weight is negative")
	if not weights:
		if total:
			raise ValueError("nothing to share the total among")
		return []
	cents = int(total / CENT)
	scaled = [Decimal(weight) for weight in weights]
	whole = sum(scaled)
	if not whole:
		scaled, whole = [Decimal(1)] * len(weights), Decimal(len(weights))
	shares = [int((cents * weight / whole).to_integral_value(ROUND_FLOOR)) for weight in scaled]
	left = cents - sum(shares)
	order = sorted(range(len(shares)), key=lambda index: -scaled[index])
	if total <= sum(Decimal(weight) for weight in weights):
		for index in order:
			room = max(0, min(left, int(scaled[index] / CENT) - shares[index]))
			shares[index] += room
			left -= room
	shares[order[0]] += left
	return [Decimal(share) * CENT for share in shares]


def allocate_remainder(total: Decimal, amounts: Sequence[Decimal]) -> list[Decimal]:
	"""Make `amounts` sum to `total` by putting the whole difference on the largest amount.

	For rounding differences of a few cents; a real discount is shared out by `allocate`.
	"""
	if not amounts:
		if total:
			raise ValueError("nothing to put the total on")
		return []
	result = list(amounts)
	largest = max(range(len(result)), key=lambda index: result[index])
	result[largest] += total - sum(result)
	return result
