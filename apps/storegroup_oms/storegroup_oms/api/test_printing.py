"""Who may print what, and what a person is told before and while it is printed."""

from unittest.mock import patch

import frappe

from storegroup_oms.api import printing
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment.printing import batches
from storegroup_oms.setup.label_layouts import ensure_label_layouts
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import (
	create_courier,
	create_order,
	create_shipment,
	create_shop,
	create_sku,
	create_user,
	create_warehouse,
)


class PrintingCase(IntegrationTest):
	def setUp(self):
		super().setUp()
		patcher = patch.object(batches, "enqueue", lambda name: None)
		patcher.start()
		self.addCleanup(patcher.stop)
		self.warehouse, self.shop, self.sku = create_warehouse().name, create_shop().name, create_sku().name
		self.courier = create_courier().name

	def create_parcel(self, **values) -> str:
		order = create_order([(self.sku, 1)], shop=values.pop("shop", self.shop))
		return create_shipment([order], self.warehouse, **values).name

	def log_in(self, *roles: str, **scope) -> None:
		frappe.set_user(create_user(list(roles), **scope).name)


class TestAsking(PrintingCase):
	def test_what_to_know_before(self):
		parcels = [
			self.create_parcel(courier=self.courier),
			self.create_parcel(courier=self.courier, printed_count=1),
			self.create_parcel(stop_reasons="refund_requested"),
		]
		self.log_in("OMS Warehouse Staff")

		known = printing.prepare(parcels)

		self.assertEqual(
			[known[key] for key in ("total", "printed", "without_courier", "stopped")], [3, 1, 1, 1]
		)
		self.assertIn(known["layout"], [layout.name for layout in known["layouts"]])

	def test_progress_is_told_and_a_second_click_starts_nothing(self):
		parcel = self.create_parcel(courier=self.courier)
		self.log_in("OMS Order Clerk")

		first = printing.start("Labels", [parcel], "test-key")
		again = printing.start("Labels", [parcel], "test-key")

		self.assertEqual((first["status"], first["total"], first["printed"]), ("Waiting", 1, 0))
		self.assertEqual(printing.get_progress(first["batch"])["batch"], again["batch"])
		self.assertEqual(frappe.db.count("Print Batch Parcel", {"parent": first["batch"]}), 1)

	def test_nonsense_is_refused(self):
		parcel = self.create_parcel()
		for kind, key in (("Banknotes", "k"), ("Labels", ""), ("Labels", "k" * 65)):
			with self.assertRaises(InvalidValueError):
				printing.start(kind, [parcel], key)
		with self.assertRaises(InvalidValueError):
			printing.prepare([])
		self.assertEqual(frappe.db.count("Print Batch Parcel", {"shipment": parcel}), 0)

	def test_only_what_failed_is_tried_again(self):
		batch = printing.start("Labels", [self.create_parcel()], "test-key")["batch"]
		with self.assertRaises(InvalidValueError):
			printing.try_again(batch)
		frappe.db.set_value("Print Batch", batch, "status", "Failed")

		self.assertEqual(printing.try_again(batch)["status"], "Waiting")


class TestRefused(PrintingCase):
	def test_customer_service_and_finance_print_nothing(self):
		parcel = self.create_parcel()
		batch = printing.start("Labels", [parcel], "test-key")["batch"]
		layout = frappe.db.get_value("Label Layout", {})
		for role in ("OMS Customer Service", "OMS Finance"):
			self.log_in(role)
			for ask in (
				lambda: printing.prepare([parcel]),
				lambda: printing.start("Labels", [parcel], "k"),
				lambda: printing.get_progress(batch),
				lambda: printing.try_again(batch),
				lambda: printing.show_sample(layout),
			):
				with self.assertRaises(frappe.PermissionError):
					ask()
			frappe.set_user("Administrator")
		self.assertEqual(frappe.db.count("Print Batch Parcel", {"shipment": parcel}), 1)

	def test_parcels_of_other_shops(self):
		own, foreign = self.create_parcel(), self.create_parcel(shop=create_shop().name)
		mixed = printing.start("Labels", [own, foreign], "test-key")["batch"]
		alone = printing.start("Labels", [own], "test-other")["batch"]
		self.log_in("OMS Order Clerk", shops=[self.shop])

		with self.assertRaises(frappe.PermissionError):
			printing.start("Labels", [own, foreign], "k")
		with self.assertRaises(frappe.PermissionError):
			printing.get_progress(mixed)
		self.assertEqual(printing.get_progress(alone)["batch"], alone)


class TestLayouts(PrintingCase):
	def test_a_sample_is_a_pdf(self):
		ensure_label_layouts()
		printing.show_sample(frappe.db.get_value("Label Layout", {"size": "100x180"}))

		self.assertTrue(frappe.local.response.filecontent.startswith(b"%PDF"))

	def test_only_one_is_the_default(self):
		first, second = (
			frappe.get_doc(
				{"doctype": "Label Layout", "layout_name": f"Layout {number}", "is_default": 1}
			).insert()
			for number in (1, 2)
		)

		self.assertEqual(
			[frappe.db.get_value("Label Layout", row.name, "is_default") for row in (first, second)], [0, 1]
		)

	def test_bounds(self):
		for values in ({"offset_x_mm": 21}, {"offset_y_mm": -20.5}, {"free_text": "1\n2\n3\n4\n5"}):
			layout = frappe.get_doc({"doctype": "Label Layout", "layout_name": "Wide", **values})
			with self.assertRaises(InvalidValueError):
				layout.insert()
