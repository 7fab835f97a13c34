"""Whether a parcel weighs what it should. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tolerance:
	"""What a package adds, and how far off a weight may be: the larger of so many grams and so many percent."""

	package_g: int = 0
	grams: int = 0
	percent: int = 0


@dataclass(frozen=True)
class Span:
	"""Weights that are right, in grams, both ends included."""

	expected_g: int
	low_g: int
	high_g: int

	def holds(self, grams: int) -> bool:
		return self.low_g <= grams <= self.high_g


def make_span(goods_g: int, tolerance: Tolerance) -> Span:
	"""The weights that goods of so many grams may have in their package. Percent are rounded up to the gram."""
	expected = goods_g + tolerance.package_g
	off = max(tolerance.grams, -(-expected * tolerance.percent // 100))
	return Span(expected, max(expected - off, 1), expected + off)
