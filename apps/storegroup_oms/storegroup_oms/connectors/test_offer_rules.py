"""The sum behind a listing's figure, by hand-made cases."""

import math
import unittest
from decimal import Decimal

from storegroup_oms.connectors.offer_rules import Pieces, Rule, get_rush_pieces, keep_back, make_offer

NO_RULE = Rule()


def get_qty(pieces: Pieces, rule: Rule = NO_RULE, stop: str = "", per_set: int = 1) -> int:
	return make_offer({"A": per_set}, {"A": pieces}, rule, stop).qty


class TestOffer(unittest.TestCase):
	def test_every_step_takes_its_part(self):
		pieces = Pieces(on_hand=60, reserved=12, safety_stock=2, demand=4, kept=2, rush=5)
		self.assertEqual(pieces.shared, 35)

		offer = make_offer({"A": 1}, {"A": pieces}, Rule(percentage=Decimal(60), buffer=3))

		self.assertEqual((offer.shared_sets, offer.share, offer.qty, offer.scarcest), (35, 21, 18, "A"))

	def test_percentage_rounds_down(self):
		for percentage, qty in ((100, 7), (50, 3), (14, 0), (15, 1), (0, 0), ("33.34", 2)):
			with self.subTest(percentage):
				self.assertEqual(get_qty(Pieces(on_hand=7), Rule(percentage=Decimal(percentage))), qty)

	def test_never_below_zero(self):
		self.assertEqual(get_qty(Pieces(on_hand=3, reserved=5)), 0)
		self.assertEqual(get_qty(Pieces(on_hand=3, demand=9, kept=2)), 0)
		self.assertEqual(get_qty(Pieces(on_hand=3), Rule(buffer=4)), 0)
		self.assertEqual(get_qty(Pieces(on_hand=3, rush=8)), 0)

	def test_minimum_and_maximum(self):
		rule = Rule(minimum=3, maximum=5)
		for on_hand, qty in ((2, 0), (3, 3), (5, 5), (6, 5)):
			with self.subTest(on_hand):
				self.assertEqual(get_qty(Pieces(on_hand=on_hand), rule), qty)

	def test_stopped_shows_nothing_and_tells_what_there_was(self):
		for stop in ("listing_stopped", "shop_stopped", "off_sale"):
			with self.subTest(stop):
				offer = make_offer({"A": 1}, {"A": Pieces(on_hand=9)}, Rule(), stop)
				self.assertEqual((offer.qty, offer.share, offer.stop), (0, 9, stop))

	def test_the_scarcest_component_decides(self):
		pieces = {"A": Pieces(on_hand=10), "B": Pieces(on_hand=9, reserved=2), "C": Pieces(on_hand=100)}

		offer = make_offer({"A": 1, "B": 2, "C": 1}, pieces, Rule())

		self.assertEqual((offer.qty, offer.scarcest, offer.per_set), (3, "B", 2))

	def test_own_pieces_come_on_top_of_the_share(self):
		pieces = Pieces(on_hand=30, kept=10, own=4)
		self.assertEqual(get_qty(pieces, Rule(percentage=Decimal(50))), 14)
		self.assertEqual(get_qty(Pieces(on_hand=30, kept=10)), 20)

	def test_exclusive_pieces_are_all_that_a_shop_sells(self):
		self.assertEqual(get_qty(Pieces(on_hand=30, kept=4, own=4, is_exclusive=True)), 4)
		self.assertEqual(get_qty(Pieces(on_hand=3, kept=4, own=4, is_exclusive=True)), 3)

	def test_own_pieces_are_no_more_than_there_are(self):
		self.assertEqual(get_qty(Pieces(on_hand=30, demand=28, kept=10, own=4)), 2)

	def test_own_and_shared_pieces_make_sets_together(self):
		self.assertEqual(get_qty(Pieces(on_hand=6, kept=3, own=3), per_set=2), 3)


class TestWarehouse(unittest.TestCase):
	def test_safety_stock_takes_only_what_is_there(self):
		self.assertEqual(keep_back(3, 0, 5), Pieces(on_hand=3, safety_stock=3))
		self.assertEqual(keep_back(3, 4, 5), Pieces(on_hand=3, reserved=4))

	def test_one_below_zero_by_rule_takes_from_no_other(self):
		self.assertEqual(keep_back(-8, 2, 0, allow_negative=True).free, 0)
		self.assertEqual(keep_back(-8, 2, 0).free, -10)
		self.assertEqual(keep_back(5, 2, 0, allow_negative=True).free, 3)


class TestRush(unittest.TestCase):
	def test_a_few_orders_are_no_rush(self):
		self.assertEqual(get_rush_pieces(2, 50.0), 0)
		self.assertEqual(get_rush_pieces(3, 0.0), 0)

	def test_rises_with_speed_and_delay(self):
		self.assertEqual(get_rush_pieces(9, 1.0), 2)
		self.assertEqual(get_rush_pieces(100, 16.0), 20)
		steps = [get_rush_pieces(50, unheard / 4) for unheard in range(200)]
		self.assertEqual(steps, sorted(steps))
		self.assertTrue(
			all(
				step >= math.floor(number / 4) and step <= number / 4 + 8 for number, step in enumerate(steps)
			)
		)
