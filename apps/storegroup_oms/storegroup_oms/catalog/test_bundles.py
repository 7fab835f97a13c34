"""What a SKU takes from stock: bundles taken apart at any depth, never for ever."""

import frappe

from storegroup_oms.catalog.bundles import count_sets, explode, explode_sound, find_endless, find_users
from storegroup_oms.exceptions import BundleCycleError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_bundle, create_sku


class TestExplode(IntegrationTest):
	def test_a_plain_sku_takes_itself(self):
		sku = create_sku().name

		self.assertEqual(explode([sku]), {sku: {sku: 1}})

	def test_nested_bundles_multiply_and_add_up(self):
		cup, lid = create_sku().name, create_sku().name
		mug = create_bundle([(cup, 1), (lid, 2)]).name
		box = create_bundle([(mug, 3), (lid, 1)]).name

		self.assertEqual(explode([box, mug]), {box: {cup: 3, lid: 7}, mug: {cup: 1, lid: 2}})

	def test_the_number_of_queries_follows_the_depth(self):
		parts = [create_sku().name for _number in range(5)]
		boxes = [create_bundle([(part, 1)]).name for part in parts]

		explode(boxes[:1])  # what Frappe reads once of a DocType is read here
		with self.assertQueryCount(4):
			explode(boxes)

	def test_a_circle_in_the_database_is_refused(self):
		inner = create_bundle()
		outer = create_bundle([(inner.name, 1)])
		frappe.db.set_value("SKU Component", inner.components[0].name, "sku", outer.name)

		with self.assertRaises(BundleCycleError):
			explode([outer.name])
		sku = create_sku().name
		mug = create_bundle([(sku, 2)]).name
		both = sorted([inner.name, outer.name])
		self.assertEqual(
			explode_sound([outer.name, mug, inner.name, sku]), ({mug: {sku: 2}, sku: {sku: 1}}, both)
		)
		self.assertEqual(set(find_endless()) & {mug, *both}, set(both))


class TestFindUsers(IntegrationTest):
	def test_bundles_are_found_at_any_depth(self):
		cup, lid = create_sku().name, create_sku().name
		mug = create_bundle([(cup, 1), (lid, 2)]).name
		box = create_bundle([(mug, 3)]).name

		self.assertEqual(find_users([cup]), {cup, mug, box})
		self.assertEqual(find_users([box]), {box})
		self.assertEqual(find_users([]), set())

	def test_a_circle_ends(self):
		inner = create_bundle()
		outer = create_bundle([(inner.name, 1)])
		frappe.db.set_value("SKU Component", inner.components[0].name, "sku", outer.name)

		self.assertEqual(find_users([inner.name]), {inner.name, outer.name})


class TestCountSets(IntegrationTest):
	def test_the_scarcest_component_decides(self):
		for parts, pieces, sets in (
			({"A": 1, "B": 2}, {"A": 9, "B": 7}, 3),
			({"A": 1, "B": 2}, {"A": 9}, 0),
			({"A": 1}, {"A": -4}, 0),
			({}, {"A": 9}, 0),
		):
			with self.subTest(parts=parts, pieces=pieces):
				self.assertEqual(count_sets(parts, pieces), sets)
