"""Endpoints of stock: pages of each view, scope and money, refusals, the Excel file."""

import io
from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime
from openpyxl import load_workbook

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.inventory import demand, figures, stock_export
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import (
	create_bundle,
	create_order,
	create_sku,
	create_stock,
	create_user,
	create_warehouse,
	make_suffix,
)
from storegroup_oms.tests.scoped_rows import call

PAGE = "storegroup_oms.api.stock.get_stock_page"


class StockPageTest(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.category = f"分类 {make_suffix()}"
		self.first, self.second = (create_sku(category=self.category).name for _number in range(2))
		self.near, self.far = (create_warehouse().name for _number in range(2))
		create_stock(self.first, 10, self.near)
		create_stock(self.first, 5, self.far)
		create_stock(self.second, 3, self.near)
		frappe.cache.delete_value(demand.CACHE_KEY)

	def ask(self, view: str, start: int = 0, length: int = 50, **filters) -> dict:
		filters.setdefault("category", self.category)
		return call(PAGE, view=view, filters=frappe.as_json(filters), start=start, length=length).message

	def log_in(self, *roles: str, warehouses=()) -> None:
		frappe.set_user(create_user(roles, warehouses=warehouses).name)

	def age(self, sku: str, days: int) -> None:
		moment = add_to_date(now_datetime(), days=-days)
		frappe.db.sql("UPDATE `tabStock Ledger` SET posted_at = %s WHERE sku = %s", (moment, sku))
		figures.refresh([sku])


class TestMatrix(StockPageTest):
	def test_each_warehouse_and_the_total(self):
		post(
			[
				Movement(self.first, self.near, "Reserve", reserved=4),
				Movement(self.first, self.far, "Transfer Out", in_transit=2),
			]
		)

		answer = self.ask("matrix")
		self.assertEqual((answer["count"], answer["warehouses"]), (2, sorted([self.near, self.far])))
		row = {row["sku"]: row for row in answer["rows"]}[self.first]
		self.assertEqual(
			row["places"][self.near],
			{"on_hand": 10, "reserved": 4, "blocked": 0, "available": 6, "in_transit": 0},
		)
		self.assertEqual(
			row["total"], {"on_hand": 15, "reserved": 4, "blocked": 0, "available": 11, "in_transit": 2}
		)
		self.assertEqual(row["value"], 60)

	def test_stock_of_a_sku_that_is_gone_does_not_hide_the_rest(self):
		frappe.db.delete("SKU", {"name": self.second})
		answer = self.ask("matrix", category="", warehouse=self.near)
		self.assertEqual([row["sku"] for row in answer["rows"]], [self.first])

	def test_what_open_orders_lack_is_not_promised_again(self):
		bundle = create_bundle([(self.first, 2)]).name
		create_order([(self.first, 3), (bundle, 1)])
		create_order([(self.first, 50)], paid=False)
		create_order([(self.first, 50)], status="Completed")

		row = {row["sku"]: row for row in self.ask("matrix")["rows"]}[self.first]
		self.assertEqual((row["waiting"], row["promise"]), (5, 10))

	def test_a_page_at_a_time_in_the_order_asked_for(self):
		self.assertEqual(
			[row["sku"] for row in self.ask("matrix", order_by="available")["rows"]],
			[self.second, self.first],
		)
		self.assertEqual(
			[row["sku"] for row in self.ask("matrix", order_by="on_hand")["rows"]], [self.first, self.second]
		)
		self.assertEqual(
			[row["sku"] for row in self.ask("matrix", start=1, length=1)["rows"]],
			sorted([self.first, self.second])[1:],
		)

	def test_the_scarcest_of_the_warehouses_that_one_sees(self):
		create_stock(self.second, 9, self.far)
		frappe.db.set_value("SKU", self.second, "sku_name", "蓝色雨伞")
		frappe.db.set_value("SKU", self.first, "sku_name", "红色雨伞")
		both, few_first = [self.second, self.first], [self.first, self.second]
		for warehouses, order in (([], both), ([self.far], few_first), ([self.near, self.far], both)):
			self.log_in("OMS Warehouse Staff", warehouses=warehouses)
			for filters in ({}, {"text": "色雨伞"}, {"text": "色雨伞", "category": ""}):
				with self.subTest(warehouses=warehouses, **filters):
					rows = self.ask("matrix", order_by="available", **filters)["rows"]
					self.assertEqual([row["sku"] for row in rows], order)

	def test_filters(self):
		frappe.db.set_value("SKU", self.second, {"barcode": "6901234567892", "sku_name": "蓝色雨伞"})
		for filters, found in (
			({"text": self.first[:8]}, [self.first]),
			({"text": "69012345"}, [self.second]),
			({"text": "雨伞"}, [self.second]),
			({"sku": self.first}, [self.first]),
			({"warehouse": self.far}, [self.first]),
			({"text": "no such goods"}, []),
		):
			with self.subTest(filters):
				self.assertEqual([row["sku"] for row in self.ask("matrix", **filters)["rows"]], found)


class TestOtherViews(StockPageTest):
	def test_movements_latest_first_with_running_numbers(self):
		post([Movement(self.first, self.near, "Issue", qty=-2, reason="样品")])

		rows = self.ask("movements", sku=self.first, warehouse=self.near)["rows"]
		self.assertEqual(
			[(row["movement_type"], row["qty_change"], row["on_hand_after"]) for row in rows],
			[("Issue", -2, 8), ("Opening", 10, 10)],
		)
		self.assertEqual(rows[0]["value_change"], -8)
		for filters, count in (
			({"kind": "Issue"}, 1),
			({"kind": "Receipt"}, 0),
			({"source": "no such document"}, 0),
			({"from_time": "2100-01-01"}, 0),
			({"to_time": "2000-01-01"}, 0),
			({"to_time": str(now_datetime().date())}, 3),
			({"warehouse": self.far}, 1),
		):
			with self.subTest(filters):
				self.assertEqual(self.ask("movements", sku=self.first, **filters)["count"], count)

	def test_movements_of_one_moment_are_leafed_through_without_a_gap(self):
		post([Movement(self.first, self.near, "Issue", qty=-1) for _number in range(4)])
		moment = now_datetime()
		frappe.db.sql("UPDATE `tabStock Ledger` SET posted_at = %s WHERE sku = %s", (moment, self.first))

		names = frappe.get_all(
			"Stock Ledger", filters={"sku": self.first}, pluck="name", order_by="name desc"
		)
		for filters in ({"sku": self.first}, {"text": self.first}):
			leafed = [
				row["name"]
				for start in (0, 2, 4, 6)
				for row in self.ask("movements", start=start, length=2, **filters)["rows"]
			]
			with self.subTest(filters):
				self.assertEqual((len(leafed), leafed), (6, names))

	def test_ages_oldest_first_with_totals(self):
		self.age(self.first, 100)
		self.age(self.second, 10)

		answer = self.ask("ages")
		self.assertEqual([row["sku"] for row in answer["rows"]], [self.first, self.first, self.second])
		self.assertEqual(
			answer["totals"], dict.fromkeys(figures.AGE_FIELDS, 0) | {"age_91_180": 15, "age_0_30": 3}
		)

	def test_slow_movers(self):
		self.age(self.first, 100)
		self.age(self.second, 10)

		answer = self.ask("slow")
		self.assertEqual([(row["sku"], row["days"]) for row in answer["rows"]], [(self.first, 100)] * 2)
		self.assertEqual(self.ask("slow", days=9)["count"], 3)
		self.assertEqual(self.ask("slow", days=101)["count"], 0)

	def test_value_and_turnover(self):
		loose, bare = (create_sku().name for _number in range(2))
		frappe.db.set_value("SKU", bare, "category", "")
		for sku, pieces in ((loose, 2), (bare, 1)):
			create_stock(sku, pieces, self.near)
		post([Movement(self.first, self.near, "Shipment", qty=-2)])
		post([Movement(loose, self.near, "Shipment", qty=-1)])
		figures.refresh([self.first, self.second, loose, bare])

		of_near = {"warehouse": self.near, "category": self.category, "skus": 2, "on_hand": 11}
		of_near |= {"value": 44, "sold_cost_90": 8, "turnover": 0.7}
		without = {"warehouse": self.near, "category": "", "skus": 2, "on_hand": 2}
		without |= {"value": 8, "sold_cost_90": 4, "turnover": 2.0}
		of_far = {"warehouse": self.far, "category": self.category, "skus": 1, "on_hand": 5}
		of_far |= {"value": 20, "sold_cost_90": 0, "turnover": 0}
		first = {"skus": 1, "on_hand": 8, "value": 32, "turnover": 1.0}
		for filters, rows in (
			({"category": "", "warehouse": self.near}, [of_near, without]),
			({}, [of_near, of_far]),
			({"sku": self.first}, [of_near | first, of_far]),
			({"text": self.first, "category": ""}, [of_near | first, of_far]),
			({"text": "no such goods"}, []),
			({"category": "no such category"}, []),
		):
			with self.subTest(filters):
				self.assertEqual(self.ask("values", **filters)["rows"], rows)
		self.assertEqual(
			self.ask("values", category="", warehouse=self.near)["totals"],
			{"on_hand": 13, "value": 52, "sold_cost_90": 12, "turnover": 0.9},
		)


class TestRights(StockPageTest):
	def test_rows_of_other_warehouses_are_not_shown(self):
		for sku in (self.first, self.second):
			self.age(sku, 100)
		self.log_in("OMS Warehouse Staff", warehouses=[self.far])

		matrix = self.ask("matrix")
		self.assertEqual(matrix["warehouses"], [self.far])
		self.assertEqual(matrix["rows"][0]["total"]["on_hand"], 5)
		for view in ("movements", "ages", "slow"):
			with self.subTest(view):
				filters = {"sku": self.first} if view == "movements" else {}
				rows = self.ask(view, **filters)["rows"]
				self.assertEqual({row["warehouse"] for row in rows}, {self.far})
				self.assertEqual(self.ask(view, warehouse=self.near, sku=self.first)["rows"], [])

	def test_money_is_for_those_who_read_it(self):
		self.age(self.first, 100)
		self.log_in("OMS Warehouse Staff")
		for view in ("matrix", "movements", "ages", "slow"):
			text = str(self.ask(view, sku=self.first))
			with self.subTest(view):
				for field in ("value", "cost"):
					self.assertNotIn(field, text)
		with self.assertRaises(frappe.PermissionError):
			self.ask("values")

	def test_views_of_other_doctypes_are_refused(self):
		self.log_in("OMS Customer Service")
		self.assertEqual(self.ask("matrix")["count"], 2)
		for view in ("movements", "ages", "slow", "values"):
			with self.subTest(view), self.assertRaises(frappe.PermissionError):
				self.ask(view)

	def test_what_is_no_page_is_refused(self):
		for what in ({"view": "secrets"}, {"start": -1}, {"length": 0}, {"length": 1001}, {"start": 100_001}):
			with self.subTest(what), self.assertRaises(InvalidValueError):
				self.ask(**{"view": "matrix", **what})


class TestExport(StockPageTest):
	def read(self, view: str, **filters) -> list[tuple]:
		content = stock_export.make_workbook(view, {"category": self.category, **filters})
		return [
			tuple(cell for cell in row)
			for row in load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
		]

	def test_all_rows_with_a_column_for_each_number(self):
		frappe.db.set_value("SKU", self.second, "sku_name", "=1+1")

		heads, *rows = self.read("matrix")
		self.assertEqual(len(rows), 2)
		row = dict(zip(heads, {row[0]: row for row in rows}[self.first], strict=True))
		self.assertEqual((row["On Hand"], row[f"{self.far} Available"], row["Stock Value"]), (15, 5, 60))
		self.assertIn("'=1+1", [row[1] for row in rows])

	def test_movements_go_on_after_the_last_row(self):
		for _number in range(4):
			post([Movement(self.first, self.near, "Issue", qty=-1)])
		with patch.object(stock_export, "PART", 2):
			heads, *rows = self.read("movements", sku=self.first, warehouse=self.near)
		position = heads.index("On Hand After")
		self.assertEqual([row[position] for row in rows], [6, 7, 8, 9, 10])

	def test_nothing_is_said_to_be_nothing(self):
		self.assertEqual(self.read("matrix", category="no such category"), [("No stock matches.",)])

	def test_only_who_may_export(self):
		for role, may in (("OMS Order Clerk", False), ("OMS Warehouse Staff", True)):
			self.log_in(role)
			with self.subTest(role):
				if may:
					call("storegroup_oms.api.stock.export_stock_page", view="matrix")
				else:
					with self.assertRaises(frappe.PermissionError):
						call("storegroup_oms.api.stock.export_stock_page", view="matrix")
			frappe.set_user("Administrator")
