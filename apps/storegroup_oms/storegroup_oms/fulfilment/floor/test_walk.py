"""The walk past bins: against every possible order of few bins, and against the order of names of many."""

import random
from itertools import permutations
from unittest import TestCase

from storegroup_oms.fulfilment.floor.walk import Bin, measure, parse_bin, sort_by_walk


def make_codes(source: random.Random, count: int, aisles: int, racks: int) -> list[str]:
	codes: set[str] = set()
	while len(codes) < count:
		aisle = chr(ord("A") + source.randrange(aisles))
		codes.add(f"{aisle}-{source.randint(1, racks):02}-{source.randint(1, 4)}-{source.randint(1, 9):02}")
	return sorted(codes)


class TestCodes(TestCase):
	def test_parts(self):
		self.assertEqual(parse_bin("A-03-2-05"), Bin((1, 0), 3.05, 2))
		self.assertEqual(parse_bin(" b12-7 "), Bin((2, 12), 7.0, 0))
		self.assertEqual(parse_bin("AA-1-1"), Bin((27, 0), 1.0, 1))

	def test_other_forms(self):
		for code in ("", "A", "shelf by the door", "-1-2", "A-1-2-3-4", None):
			self.assertIsNone(parse_bin(code))


class TestOrder(TestCase):
	def test_up_one_aisle_and_down_the_next(self):
		self.assertEqual(
			sort_by_walk(["B-09-1-01", "A-10-1-01", "A-02-1-01", "B-03-1-01", "C-08-1-01"]),
			["A-02-1-01", "A-10-1-01", "B-09-1-01", "B-03-1-01", "C-08-1-01"],
		)

	def test_near_the_front_one_turns_round(self):
		self.assertEqual(
			sort_by_walk(["A-01-1-01", "A-02-1-01", "B-01-1-01", "B-20-1-01"]),
			["A-01-1-01", "A-02-1-01", "B-01-1-01", "B-20-1-01"],
		)

	def test_each_once_and_other_forms_last(self):
		self.assertEqual(
			sort_by_walk(["door", "", "A-10-1-01", "A-9-1-01", "A-10-1-01", "box"]),
			["A-9-1-01", "A-10-1-01", "box", "door", ""],
		)
		self.assertEqual(sort_by_walk([]), [])

	def test_few_bins_against_every_order(self):
		source = random.Random(7)
		longer = total = 0.0
		for _case in range(60):
			codes = make_codes(source, 6, 3, 12)
			best = min(measure(order) for order in permutations(codes))
			found = measure(sort_by_walk(codes))
			self.assertGreaterEqual(found, best - 1e-9)
			self.assertLessEqual(found, best * 1.5)
			longer += found - best
			total += best
		self.assertLess(longer / total, 0.05)

	def test_many_bins_against_the_order_of_names_and_of_orders(self):
		source = random.Random(11)
		walked = by_name = as_ordered = 0.0
		for _case in range(50):
			codes = make_codes(source, 40, 8, 30)
			walked += measure(sort_by_walk(codes))
			by_name += measure(codes)
			as_ordered += measure(source.sample(codes, len(codes)))
		self.assertLess(walked, by_name * 0.8)
		self.assertLess(walked, as_ordered * 0.25)
