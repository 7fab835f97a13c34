"""Weights that are right."""

from hypothesis import given
from hypothesis import strategies as st

from storegroup_oms.fulfilment.floor.weights import Span, Tolerance, make_span
from storegroup_oms.tests.compat import UnitTest


class TestSpan(UnitTest):
	def test_the_larger_of_grams_and_percent(self):
		self.assertEqual(make_span(440, Tolerance(60, 50, 5)), Span(500, 450, 550))
		self.assertEqual(make_span(1_940, Tolerance(60, 50, 5)), Span(2_000, 1_900, 2_100))

	def test_percent_are_rounded_up_and_nothing_weighs_nothing(self):
		self.assertEqual(make_span(101, Tolerance(percent=10)), Span(101, 90, 112))
		self.assertEqual(make_span(10, Tolerance(grams=50)), Span(10, 1, 60))

	@given(
		goods=st.integers(1, 50_000),
		package=st.integers(0, 2_000),
		grams=st.integers(0, 500),
		percent=st.integers(0, 100),
	)
	def test_what_is_expected_is_always_right_and_the_ends_are_the_ends(self, goods, package, grams, percent):
		span = make_span(goods, Tolerance(package, grams, percent))

		self.assertTrue(span.holds(span.expected_g))
		self.assertTrue(span.holds(span.low_g) and span.holds(span.high_g))
		self.assertFalse(span.holds(span.high_g + 1) or span.holds(span.low_g - 1))
