"""Prices of parcels: exact to the cent, by weight or volume, with surcharges that are due."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from storegroup_oms.couriers.rates import RateCard, Surcharge, get_billed_g, get_price
from storegroup_oms.tests.compat import UnitTest

D = Decimal
CARD = RateCard(D("3.50"), D("1.20"), first_g=1000, step_g=500)


class TestRates(UnitTest):
	def test_first_weight_and_steps_begun(self) -> None:
		for weight, wanted in ((0, "3.50"), (1000, "3.50"), (1001, "4.70"), (1500, "4.70"), (1501, "5.90")):
			with self.subTest(weight):
				self.assertEqual(get_price(CARD, weight).total, D(wanted))

	def test_volume_counts_where_it_is_heavier(self) -> None:
		self.assertEqual(get_billed_g(800, 12_001, 6000), 2001)
		self.assertEqual(get_billed_g(3000, 12_000, 6000), 3000)
		self.assertEqual(get_billed_g(800, 12_000, 0), 800)

	def test_surcharges_are_due_within_their_days(self) -> None:
		holiday = Surcharge("holiday", D("2.00"), date(2027, 2, 1), date(2027, 2, 15))
		card = RateCard(D(3), surcharges=(Surcharge("remote", D(8)), holiday))
		for day, wanted in (
			(date(2027, 1, 31), "11.00"),
			(date(2027, 2, 1), "13.00"),
			(date(2027, 2, 15), "13.00"),
			(date(2027, 2, 16), "11.00"),
			(None, "11.00"),
		):
			with self.subTest(day):
				self.assertEqual(get_price(card, 500, day=day).total, D(wanted))

	@given(
		st.integers(0, 10**5),
		st.integers(0, 10**5),
		st.integers(1, 5000),
		st.integers(1, 5000),
		st.integers(0, 10**5),
		st.integers(0, 10**6),
		st.sampled_from((0, 5000, 6000, 8000, 12000)),
		st.integers(0, 10**4),
	)
	def test_against_an_independent_sum(
		self, first, further, first_g, step_g, weight, volume, divisor, extra
	) -> None:
		"""Whole cents and fractions of kilograms, reckoned another way."""
		heavy = Fraction(weight)
		if divisor:
			heavy = max(heavy, Fraction(ceil(Fraction(volume * 1000, divisor))))
		steps, left = 0, heavy - first_g
		if left > 0:
			steps = ceil(left / step_g)
		card = RateCard(
			D(first) / 100, D(further) / 100, first_g, step_g, divisor, (Surcharge("x", D(extra) / 100),)
		)
		price = get_price(card, weight, volume)
		self.assertEqual(int(price.total * 100), first + steps * further + extra)
		self.assertEqual(sum((amount for _label, amount in price.parts), D(0)), price.total)
