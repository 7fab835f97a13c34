"""What listings show, from real records."""

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.connectors import demand, offers
from storegroup_oms.inventory import reservation
from storegroup_oms.inventory.reservation import Claim, Parcel
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import (
	create_bundle,
	create_listing,
	create_order,
	create_shop,
	create_sku,
	create_stock,
	create_warehouse,
)


class OfferTest(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.sku = create_sku().name
		self.warehouse = create_warehouse().name
		self.shop = create_shop(auto_buffer=0).name
		self.listing = create_listing(self.shop, self.sku).name
		create_stock(self.sku, 40, self.warehouse)

	def get_qty(self, listing: str | None = None) -> int | None:
		offer = offers.compute_offers([listing or self.listing]).get(listing or self.listing)
		return offer.qty if offer else None

	def set_shop(self, **values) -> None:
		frappe.db.set_value("Shop", self.shop, values)


class TestStock(OfferTest):
	def test_all_warehouses_that_ship_count(self):
		for kind, active in (("Third Party", 1), ("Returns", 1), ("Transit", 1), ("Platform", 1), ("Own", 0)):
			create_stock(self.sku, 100, create_warehouse(warehouse_kind=kind, is_active=active).name)
		self.assertEqual(self.get_qty(), 140)

	def test_a_shop_may_name_its_warehouses(self):
		platform = create_warehouse(warehouse_kind="Platform").name
		create_stock(self.sku, 7, platform)
		shop = frappe.get_doc("Shop", self.shop)
		shop.append("stock_warehouses", {"warehouse": platform})
		shop.save()

		self.assertEqual(self.get_qty(), 7)
		self.assertEqual(self.get_qty(create_listing(sku=self.sku).name), 40)

	def test_goods_without_a_stock_record_are_not_told(self):
		self.assertIsNone(self.get_qty(create_listing(self.shop, create_sku().name).name))
		bundle = create_bundle([(self.sku, 1), (create_sku().name, 1)]).name
		self.assertIsNone(self.get_qty(create_listing(self.shop, bundle).name))

	def test_bundles_take_from_their_components(self):
		other = create_sku().name
		create_stock(other, 9, self.warehouse)
		inner = create_bundle([(other, 2)]).name
		outer = create_bundle([(self.sku, 3), (inner, 2)]).name

		self.assertEqual(self.get_qty(create_listing(self.shop, outer).name), 2)

	def test_deleted_and_unmatched_listings_have_no_figure(self):
		frappe.db.set_value("Listing", self.listing, "status", "Deleted")
		self.assertIsNone(self.get_qty())
		frappe.db.set_value("Listing", self.listing, {"status": "On Sale", "sku": None})
		self.assertIsNone(self.get_qty())

	def test_off_sale_and_stopped_ones_show_nothing(self):
		frappe.db.set_value("Listing", self.listing, "status", "Off Sale")
		self.assertEqual(self.get_qty(), 0)
		frappe.db.set_value("Listing", self.listing, {"status": "On Sale", "stock_stopped": 1})
		self.assertEqual(self.get_qty(), 0)
		frappe.db.set_value("Listing", self.listing, "stock_stopped", 0)
		self.set_shop(stock_stopped=1)
		self.assertEqual(self.get_qty(), 0)

	def test_the_listings_own_rule_goes_before_the_shops(self):
		self.set_shop(stock_percentage=50, stock_buffer=3)
		self.assertEqual(self.get_qty(), 17)
		frappe.db.set_value(
			"Listing", self.listing, {"own_stock_rule": 1, "stock_percentage": 100, "stock_maximum": 30}
		)
		self.assertEqual(self.get_qty(), 30)


class TestDemand(OfferTest):
	def test_what_is_ordered_and_not_reserved_is_taken_off_once(self):
		order = create_order([(self.sku, 5)])
		self.assertEqual(self.get_qty(), 35)

		claim = Claim(order.name, order.items[0].name, self.sku, 3)
		reservation.reserve([Parcel("P", self.warehouse, [claim])])
		self.assertEqual(self.get_qty(), 35)
		reservation.reserve([Parcel("P", self.warehouse, [Claim(order.name, claim.line, self.sku, 5)])])
		self.assertEqual(self.get_qty(), 35)

	def test_orders_of_every_shop_and_bundles_count(self):
		bundle = create_bundle([(self.sku, 2), (create_sku().name, 1)]).name
		create_order([(bundle, 3)])
		create_order([(self.sku, 1)])
		self.assertEqual(self.get_qty(), 33)

	def test_closed_shipped_and_refunded_ones_do_not(self):
		create_order([(self.sku, 5)], status="Closed")
		create_order([(self.sku, 5)], status="Completed")
		order = create_order([(self.sku, 5)])
		frappe.db.set_value("Order Item", order.items[0].name, "refund_status", "Refunded")
		self.assertEqual(self.get_qty(), 40)

	def test_unpaid_orders_keep_stock_for_a_while(self):
		create_order([(self.sku, 5)], paid=False, ordered_at=add_to_date(now_datetime(), minutes=-5))
		create_order([(self.sku, 7)], paid=False, ordered_at=add_to_date(now_datetime(), minutes=-31))
		self.assertEqual(self.get_qty(), 35)

	def test_listings_cost_few_queries_however_many(self):
		listings = [create_listing(create_shop().name, self.sku).name for _number in range(6)]
		offers.compute_offers(listings)
		with self.assertQueryCount(14):
			offers.compute_offers(listings)


class TestDedicated(OfferTest):
	def dedicate(self, shop: str, qty: int, **values) -> None:
		start = add_to_date(now_datetime(), minutes=-1)
		values = {"starts_at": start, **values}
		frappe.get_doc(
			{"doctype": "Dedicated Stock", "shop": shop, "sku": self.sku, "qty": qty, **values}
		).insert()

	def test_pieces_of_one_shop_are_not_shown_by_others(self):
		other = create_listing(sku=self.sku).name
		self.dedicate(self.shop, 10)
		self.assertEqual((self.get_qty(), self.get_qty(other)), (40, 30))

	def test_what_the_shop_sells_uses_them_up(self):
		other = create_listing(sku=self.sku).name
		self.dedicate(self.shop, 10)
		create_order([(self.sku, 4)], shop=self.shop, ordered_at=now_datetime(), paid_at=None)
		create_order([(self.sku, 1)], shop=self.shop)  # an hour ago, before they were dedicated
		self.assertEqual((self.get_qty(), self.get_qty(other)), (35, 29))

	def test_exclusive_and_past_ones(self):
		self.dedicate(self.shop, 10, is_exclusive=1)
		self.assertEqual(self.get_qty(), 10)
		past = {"starts_at": "2026-01-01", "ends_at": "2026-01-02"}
		frappe.db.set_value("Dedicated Stock", {"shop": self.shop}, past)
		self.assertEqual(self.get_qty(), 40)


class TestRush(OfferTest):
	def setUp(self):
		super().setUp()
		self.set_shop(auto_buffer=1, stock_delay_ms=3000)

	def sell(self, count: int) -> None:
		for _number in range(count):
			create_order([(self.sku, 1)], shop=self.shop)

	def age(self, seconds: int) -> None:
		"""Have the shop's orders paid so long ago, each two seconds before it arrived."""
		paid_at = add_to_date(now_datetime(), seconds=-seconds)
		values = {"paid_at": paid_at, "creation": add_to_date(paid_at, seconds=2)}
		frappe.db.set_value("Order", {"shop": self.shop}, values, update_modified=False)

	def test_speed_times_delay_is_kept_back_and_given_free_again(self):
		self.sell(15)
		self.age(5)
		# One a second; two seconds to us, three to the platform: five on their way and their deviation.
		self.assertEqual(self.get_qty(), 40 - 15 - 7)

		self.age(60)
		self.assertEqual(self.get_qty(), 40 - 15 - 2)
		self.age(demand.SLOW_S + 1)
		self.assertEqual(self.get_qty(), 40 - 15)

	def test_a_shop_may_do_without(self):
		self.sell(15)
		self.age(5)
		self.set_shop(auto_buffer=0)
		self.assertEqual(self.get_qty(), 25)


class TestWhy(OfferTest):
	def test_the_steps_are_told(self):
		self.set_shop(stock_percentage=50, stock_buffer=3)
		create_order([(self.sku, 4)])

		why = offers.explain(self.listing)

		self.assertEqual(
			{name: why[name] for name in ("qty", "on_hand", "demand", "shared_sets", "share", "buffer")},
			{"qty": 15, "on_hand": 40, "demand": 4, "shared_sets": 36, "share": 18, "buffer": 3},
		)

	def test_why_there_is_none(self):
		frappe.db.set_value("Listing", self.listing, "sku", None)
		self.assertEqual(offers.explain(self.listing), {"qty": None, "reason": "no_sku"})
		other = create_listing(self.shop, create_sku().name).name
		self.assertEqual(offers.explain(other), {"qty": None, "reason": "no_stock_record"})

	def test_a_bundle_in_a_circle_has_no_figure_and_stops_no_other(self):
		bundle = create_bundle([(self.sku, 1)])
		outer = create_bundle([(bundle.name, 1)])
		inside = create_listing(self.shop, outer.name).name
		self.assertEqual(self.get_qty(inside), 40)

		bundle.append("components", {"sku": create_sku().name, "qty": 1})
		bundle.save()
		frappe.db.set_value("SKU Component", bundle.components[1].name, "sku", outer.name)

		self.assertEqual(set(offers.compute_offers([inside, self.listing])), {self.listing})
		self.assertEqual(self.get_qty(), 40)
		self.assertEqual(offers.explain(inside), {"qty": None, "reason": "endless_bundle"})
