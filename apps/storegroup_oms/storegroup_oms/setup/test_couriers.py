"""Couriers come once, with readable patterns, and an administrator's changes stay."""

import re

import frappe

from storegroup_oms.setup.couriers import COURIERS, FIELDS, ensure_couriers
from storegroup_oms.tests.compat import IntegrationTest, UnitTest


class TestTable(UnitTest):
	def test_each_row_is_whole_and_named_once(self):
		self.assertEqual({len(row) for row in COURIERS}, {len(FIELDS)})
		self.assertEqual(len({row[0] for row in COURIERS}), len(COURIERS))

	def test_no_two_couriers_share_a_code(self):
		for index, field in enumerate(FIELDS):
			codes = [row[index] for row in COURIERS if row[index]]
			self.assertEqual(len(codes), len(set(codes)), field)

	def test_patterns_tell_couriers_apart(self):
		numbers = {
			"顺丰速运": "SF1234567890123",
			"圆通速递": "YT1234567890123",
			"极兔速递": "JT1234567890123",
		}
		for name, number in numbers.items():
			owners = [row[0] for row in COURIERS if re.match(row[-1], number)]
			self.assertEqual(owners, [name])


class TestEnsureCouriers(IntegrationTest):
	def test_changes_of_an_administrator_stay(self):
		frappe.db.set_value("Courier", "顺丰速运", {"hotline": "12345", "is_active": 0})
		ensure_couriers()

		self.assertEqual(frappe.db.get_value("Courier", "顺丰速运", ["hotline", "is_active"]), ("12345", 0))

	def test_every_courier_is_there_with_its_codes(self):
		for row in COURIERS:
			stored = frappe.db.get_value("Courier", row[0], FIELDS)
			self.assertEqual(tuple(value or "" for value in stored), row)
