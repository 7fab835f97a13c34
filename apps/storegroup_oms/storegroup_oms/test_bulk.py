"""Multi-row statements: what they write, what they keep, and numbers that are never given twice."""

import threading
from decimal import Decimal

import frappe

from storegroup_oms.bulk import insert_rows, reserve_names, update_rows
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_sku, make_suffix


class TestInsertRows(IntegrationTest):
	def test_standard_fields_are_filled(self) -> None:
		name = make_suffix()
		self.assertEqual(insert_rows("SKU", [{"name": name, "sku_code": name}], ("sku_code", "brand")), 1)
		row = frappe.get_doc("SKU", name)
		self.assertEqual((row.owner, row.docstatus, row.brand), ("Administrator", 0, None))
		self.assertTrue(row.creation)

	def test_duplicate_raises_unless_told_otherwise(self) -> None:
		sku = create_sku(brand="old")
		rows = [{"name": sku.name, "sku_code": sku.name, "brand": "new"}]
		with self.assertRaises(Exception) as caught:
			insert_rows("SKU", rows, ("sku_code", "brand"))
		self.assertTrue(frappe.db.is_duplicate_entry(caught.exception))
		insert_rows("SKU", rows, ("sku_code", "brand"), on_duplicate=())
		self.assertEqual(frappe.db.get_value("SKU", sku.name, "brand"), "old")
		insert_rows("SKU", rows, ("sku_code", "brand"), on_duplicate=("brand",))
		self.assertEqual(frappe.db.get_value("SKU", sku.name, "brand"), "new")

	def test_empty_keeps_what_is_stored(self) -> None:
		sku = create_sku(brand="old")
		rows = [{"name": sku.name, "sku_code": sku.name, "brand": ""}]
		insert_rows("SKU", rows, ("sku_code", "brand"), on_duplicate=("brand",), keep_if_empty=("brand",))
		self.assertEqual(frappe.db.get_value("SKU", sku.name, "brand"), "old")

	def test_what_is_the_same_in_all_rows_arrives_unharmed(self) -> None:
		brand = "50 % off \\ 'it''s' `x` \"y\" %s %(name)s 汉字"
		for size in (1, 3):
			names = [make_suffix() for _number in range(size)]
			values = {"brand": brand, "list_price": Decimal("9.90"), "is_active": True, "category": None}
			rows = [{"name": name, "sku_code": name, **values} for name in names]
			insert_rows("SKU", rows, ("sku_code", *values))
			for name in names:
				stored = frappe.db.get_value("SKU", name, [*values], as_dict=True)
				self.assertEqual(
					stored, {"brand": brand, "list_price": 9.9, "is_active": 1, "category": None}
				)

	def test_more_rows_than_a_statement_takes(self) -> None:
		suffix = make_suffix()
		rows = [
			{"name": f"{suffix}-{number}", "sku_code": f"{suffix}-{number}", "brand": f"{number // 1500}"}
			for number in range(2_500)
		]
		self.assertEqual(insert_rows("SKU", rows, ("sku_code", "brand")), 2_500)
		self.assertEqual(frappe.db.count("SKU", {"name": ("like", f"{suffix}-%"), "brand": "1"}), 1_000)

	def test_nothing_to_do(self) -> None:
		self.assertEqual(insert_rows("SKU", [], ("sku_code",)), 0)


class TestUpdateRows(IntegrationTest):
	def test_each_row_gets_its_own_values(self) -> None:
		first, second, untouched = create_sku().name, create_sku().name, create_sku(brand="C").name
		update_rows("SKU", [{"name": first, "brand": "A"}, {"name": second, "brand": "B"}], ("brand",))
		brands = [frappe.db.get_value("SKU", name, "brand") for name in (first, second, untouched)]
		self.assertEqual(brands, ["A", "B", "C"])

	def test_what_a_job_measures_leaves_the_stamps(self) -> None:
		sku = create_sku().name
		frappe.db.set_value("SKU", sku, "modified", "2026-01-01", update_modified=False)
		update_rows("SKU", [{"name": sku, "brand": "A"}], ("brand",), stamps=False)
		brand, modified = frappe.db.get_value("SKU", sku, ["brand", "modified"])
		self.assertEqual((brand, modified.year, modified.month), ("A", 2026, 1))
		update_rows("SKU", [{"name": sku, "brand": "B"}], ("brand",))
		self.assertGreater(frappe.db.get_value("SKU", sku, "modified"), modified)


class TestReserveNames(IntegrationTest):
	def test_block_follows_the_counter(self) -> None:
		series = f"T{make_suffix()}-"
		self.assertEqual(reserve_names(series, 4, 2), [f"{series}0001", f"{series}0002"])
		self.assertEqual(reserve_names(series, 4, 1), [f"{series}0003"])
		self.assertEqual(reserve_names(series, 4, 0), [])

	def test_two_connections_never_get_the_same_number(self) -> None:
		series = f"T{make_suffix()}-"
		frappe.db.commit()
		given: list[str] = []
		faults: list[Exception] = []
		site = frappe.local.site

		def take() -> None:
			frappe.init(site, sites_path=".")
			frappe.connect()
			try:
				for _round in range(10):
					given.extend(reserve_names(series, 6, 7))
					frappe.db.commit()
			except Exception as error:  # carried to the main thread
				faults.append(error)
			finally:
				frappe.destroy()

		threads = [threading.Thread(target=take) for _number in range(4)]
		for thread in threads:
			thread.start()
		for thread in threads:
			thread.join()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.delete, "Series", {"name": series})
		self.assertEqual(faults, [])
		self.assertEqual(len(given), 280)
		self.assertEqual(len(set(given)), 280)
