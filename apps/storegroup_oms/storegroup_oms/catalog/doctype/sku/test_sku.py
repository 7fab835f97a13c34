"""A SKU: bundles end, barcodes lead to one SKU, prices make sense."""

import frappe

from storegroup_oms.catalog.doctype.sku.sku import find_barcode_owner, find_path_to
from storegroup_oms.exceptions import BundleCycleError, InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_bundle, create_sku, make_suffix


class TestBundle(IntegrationTest):
	def test_a_bundle_keeps_its_components(self):
		one, two = create_sku().name, create_sku().name
		bundle = create_bundle([(one, 2), (two, 1)])

		bundle.reload()
		self.assertEqual([(row.sku, row.qty) for row in bundle.components], [(one, 2), (two, 1)])

	def test_a_bundle_of_nothing_is_refused(self):
		with self.assertRaises(InvalidValueError):
			create_sku(is_bundle=1)

	def test_a_component_stands_once(self):
		part = create_sku().name

		with self.assertRaises(InvalidValueError):
			create_bundle([(part, 1), (part, 2)])

	def test_a_component_has_at_least_one_piece(self):
		with self.assertRaises(InvalidValueError):
			create_bundle([(create_sku().name, 0)])

	def test_a_bundle_is_not_its_own_component(self):
		bundle = create_bundle()
		bundle.append("components", {"sku": bundle.name, "qty": 1})

		with self.assertRaises(InvalidValueError):
			bundle.save()

	def test_a_circle_at_any_depth_is_refused_and_named(self):
		inner = create_bundle()
		middle = create_bundle([(inner.name, 1)])
		outer = create_bundle([(middle.name, 1)])
		inner.append("components", {"sku": outer.name, "qty": 1})

		with self.assertRaises(BundleCycleError) as caught:
			inner.save()

		self.assertIn(" → ".join([inner.name, outer.name, middle.name, inner.name]), str(caught.exception))
		self.assertEqual(frappe.db.count("SKU Component", {"parent": inner.name}), 2)

	def test_the_same_part_in_two_components_is_no_circle(self):
		part = create_sku().name
		left, right = create_bundle([(part, 1)]), create_bundle([(part, 3)])

		self.assertTrue(create_bundle([(left.name, 1), (right.name, 1)]).name)

	def test_the_path_is_found_level_by_level(self):
		inner = create_bundle()
		outer = create_bundle([(create_bundle([(inner.name, 1)]).name, 1)])
		part = inner.components[0].sku

		self.assertEqual(find_path_to(part, [outer.name])[-2:], [inner.name, part])
		self.assertIsNone(find_path_to(outer.name, [part]))

	def test_a_single_sku_has_no_components(self):
		bundle = create_bundle()
		bundle.is_bundle = 0
		bundle.save()

		self.assertEqual(frappe.db.count("SKU Component", {"parent": bundle.name}), 0)


class TestBarcode(IntegrationTest):
	def test_a_main_barcode_is_taken_once(self):
		code = make_suffix()
		owner = create_sku(barcode=f" {code} ")

		self.assertEqual(owner.barcode, code)
		with self.assertRaises(InvalidValueError) as caught:
			create_sku(barcode=code)
		self.assertIn(owner.name, str(caught.exception))

	def test_a_further_barcode_meets_main_ones_and_further_ones(self):
		code = make_suffix()
		owner = create_sku(barcodes=[{"barcode": code, "pack_qty": 6}])

		with self.assertRaises(InvalidValueError):
			create_sku(barcode=code)
		with self.assertRaises(InvalidValueError):
			create_sku(barcodes=[{"barcode": code}])
		self.assertEqual(find_barcode_owner([code], "another"), (code, owner.name))
		self.assertIsNone(find_barcode_owner([code], owner.name))

	def test_a_barcode_stands_once_in_its_own_sku(self):
		code = make_suffix()

		with self.assertRaises(InvalidValueError):
			create_sku(barcode=code, barcodes=[{"barcode": code}])

	def test_skus_without_barcode_never_meet(self):
		self.assertIsNone(create_sku(barcode=" ").barcode)
		self.assertIsNone(create_sku(barcode="").barcode)

	def test_a_sku_is_saved_again_with_its_own_barcode(self):
		sku = create_sku(barcode=make_suffix())
		sku.sku_name = "Another name"
		sku.save()

		self.assertEqual(frappe.db.get_value("SKU", sku.name, "sku_name"), "Another name")


class TestPrices(IntegrationTest):
	def test_the_lowest_price_is_not_above_the_list_price(self):
		self.assertTrue(create_sku(list_price=10, min_price=10).name)
		with self.assertRaises(InvalidValueError):
			create_sku(list_price=10, min_price=10.01)


class TestCode(IntegrationTest):
	def test_the_code_is_the_name_and_unique(self):
		sku = create_sku()

		self.assertEqual(sku.name, sku.sku_code)
		with self.assertRaises(frappe.DuplicateEntryError):
			create_sku(sku.sku_code)
