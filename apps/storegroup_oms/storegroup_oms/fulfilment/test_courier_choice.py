"""Couriers of parcels before print: chosen, chosen anew, chosen by a person; a rule tried on past parcels."""

from functools import partial
from unittest.mock import patch

import frappe

from storegroup_oms.api import couriers as api
from storegroup_oms.couriers.waybills import accounts
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment import courier_choice, courier_trial, parcels
from storegroup_oms.fulfilment.test_parcels import ParcelCase
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import (
	create_courier,
	create_customer,
	create_order,
	create_shipment,
	create_shop,
	create_user,
	create_warehouse,
)
from storegroup_oms.tests.races import remove_shop, run_together


class ChoiceCase(ParcelCase):
	"""Two couriers of known prices, nobody else active, no Waybill Account on the site."""

	def setUp(self):
		super().setUp()
		frappe.db.set_value("Courier", {"is_active": 1}, "is_active", 0)
		frappe.db.delete("Courier Rule")
		frappe.db.delete("Lane Figure")
		self.cheap, self.dear = create_courier(priority=1).name, create_courier(priority=1).name
		self.create_lane(self.cheap, first_cost=3, next_cost=1)
		self.create_lane(self.dear, first_cost=8, next_cost=2)
		patcher = patch.object(accounts, "read_accounts", lambda names=None: {})
		patcher.start()
		self.addCleanup(patcher.stop)

	def create_lane(self, courier: str, **values):
		return frappe.get_doc(
			{"doctype": "Courier Lane", "courier": courier, "is_served": 1, **values}
		).insert()

	def create_rule(self, courier: str, **values):
		defaults = {"rule_name": f"Rule {frappe.generate_hash(length=6)}", "enabled": 1, "action": "Use"}
		return frappe.get_doc({"doctype": "Courier Rule", "courier": courier, **defaults, **values}).insert()

	def read(self, name: str) -> frappe._dict:
		return frappe.db.get_value("Shipment", name, "*", as_dict=True)

	def pack(self, **values) -> str:
		return self.get_parcel(self.order((self.sku, 3), **values)).name


class TestChosen(ChoiceCase):
	def test_price_trace_and_timeline_are_kept(self):
		order = self.order((self.sku, 3))
		name = self.get_parcel(order).name

		done = courier_choice.ensure_couriers([name])

		self.assertEqual((done.names, done.refused), ([name], {}))
		row = self.read(name)
		self.assertEqual(
			(row.courier, row.courier_chosen_by, row.freight_cost), (self.cheap, "Price and Speed", 4)
		)
		self.assertEqual(
			[(one["courier"], one["price"]) for one in frappe.parse_json(row.courier_trace)],
			[(self.cheap, "4.00"), (self.dear, "10.00")],
		)
		event = frappe.db.get_value(
			"Order Event", {"order": order.name, "event": "Courier chosen"}, "details"
		)
		self.assertEqual(frappe.parse_json(event)["courier"], self.cheap)

	def test_once_chosen_stays(self):
		name = self.pack()
		courier_choice.ensure_couriers([name])
		self.create_rule(self.dear)

		courier_choice.ensure_couriers([name])
		self.assertEqual(self.read(name).courier, self.cheap)
		courier_choice.ensure_couriers([name], again=True)
		row = self.read(name)
		self.assertEqual((row.courier, row.courier_chosen_by.startswith("Rule ")), (self.dear, True))

	def test_what_a_person_chose_stays_even_then(self):
		name = self.pack()
		courier_choice.set_courier([name], self.dear, "Administrator")

		courier_choice.ensure_couriers([name], again=True)

		row = self.read(name)
		self.assertEqual(
			(row.courier, row.courier_chosen_by, row.freight_cost), (self.dear, "Administrator", 10)
		)

	def test_a_parcel_with_a_number_keeps_its_courier(self):
		name = self.pack()
		self.label(name)

		self.assertEqual(courier_choice.ensure_couriers([name], again=True).names, [name])
		self.assertEqual(self.read(name).courier, self.courier)
		self.assertIn("number", courier_choice.set_courier([name], self.dear, "Administrator").refused[name])

	def test_a_persons_choice_outlives_the_courier_of_the_order(self):
		order = self.order((self.sku, 3))
		name = self.get_parcel(order).name
		frappe.db.set_value("Order", order.name, "courier", self.cheap)
		frappe.db.set_value("Shipment", name, "courier", self.cheap)

		courier_choice.set_courier([name], self.dear, "Administrator")
		parcels.ensure_parcels([order.name])

		self.assertEqual(self.read(name).courier, self.dear)
		self.assertEqual(frappe.db.get_value("Order", order.name, "courier"), self.dear)

	def test_an_orders_parcels_go_with_one_courier(self):
		order = self.order((self.sku, 3))
		name = self.get_parcel(order).name
		create_shipment([order], courier=self.cheap, status="Shipped", waybill_no=frappe.generate_hash())

		self.assertIn(
			self.cheap, courier_choice.set_courier([name], self.dear, "Administrator").refused[name]
		)
		self.assertIsNone(self.read(name).courier)
		self.assertEqual(courier_choice.set_courier([name], self.cheap, "Administrator").names, [name])

	def test_the_expected_freight_follows_what_is_in_the_parcel_until_it_is_billed(self):
		name = self.pack()
		courier_choice.ensure_couriers([name])
		for weight, is_billed, freight in ((2500, 0, 5), (3500, 1, 5), (3500, 0, 6), (3500, 0, 6)):
			values = {"expected_weight_g": weight, "freight_is_billed": is_billed}
			frappe.db.set_value("Shipment", name, values)
			self.assertEqual(courier_choice.ensure_couriers([name]).names, [name])
			self.assertEqual(self.read(name).freight_cost, freight)
		given = self.pack(receiver_mobile="13900003333")
		frappe.db.set_value("Shipment", given, "courier", self.dear)
		courier_choice.ensure_couriers([given])
		self.assertEqual(self.read(given).freight_cost, 10)

	def test_a_courier_taken_over_later_is_not_explained_by_the_former_choice(self):
		name = self.pack()
		courier_choice.ensure_couriers([name])
		self.assertEqual(api.get_choice(name)["candidates"][0]["courier"], self.cheap)
		frappe.db.set_value("Shipment", name, "courier", self.dear)
		self.assertIsNone(api.get_choice(name))

	def test_tags_and_customers_tiers(self):
		tagged = self.pack(tags="fragile,vip")
		tiered = self.pack(receiver_mobile="13900004444", customer=create_customer(tier="Gold").name)
		for number, conditions in enumerate(({"order_tag": "fragile"}, {"customer_tier": "Gold"})):
			self.create_rule(self.dear, priority=number, **conditions)
		plain = self.pack(receiver_mobile="13900005555")

		courier_choice.ensure_couriers([tagged, tiered, plain])

		found = [self.read(name).courier for name in (tagged, tiered, plain)]
		self.assertEqual(found, [self.dear, self.dear, self.cheap])

	def test_none_can_take_it_and_each_says_why(self):
		name = self.pack()
		for courier in (self.cheap, self.dear):
			self.create_lane(courier, province="浙江省", is_served=0)

		done = courier_choice.ensure_couriers([name])

		self.assertEqual(done.names, [])
		self.assertIn(self.cheap, done.refused[name])
		self.assertIn("浙江省", done.refused[name])
		self.assertIsNone(self.read(name).courier)

	def test_stopped_and_unknown_ones_are_refused_the_others_not(self):
		order = self.order((self.sku, 1))
		stopped, fine = self.get_parcel(order).name, self.pack(receiver_mobile="13900002222")
		self.refund(order, status="Waiting Seller")

		done = courier_choice.ensure_couriers([stopped, fine, "SH-NONE"])

		self.assertEqual(done.names, [fine])
		self.assertEqual(sorted(done.refused), sorted([stopped, "SH-NONE"]))

	def test_a_printed_one_without_courier_is_not_chosen_for(self):
		name = self.print(self.order((self.sku, 1)))[0]
		frappe.db.set_value("Shipment", name, "courier", None)

		self.assertIn(name, courier_choice.ensure_couriers([name]).refused)

	def test_statements_do_not_grow_with_parcels(self):
		names = [
			self.get_parcel(self.order((self.sku, 1), receiver_mobile=f"1390000{number:04d}")).name
			for number in range(5)
		]
		courier_choice.ensure_couriers(names[:1])  # what is read once only is read here
		few = self.count_statements(lambda: courier_choice.ensure_couriers(names[1:2]))
		many = self.count_statements(lambda: courier_choice.ensure_couriers(names[2:]))

		self.assertEqual(many, few)

	def count_statements(self, work) -> int:
		sql, calls = frappe.db.sql, []

		def count(*args, **values):
			calls.append(args)
			return sql(*args, **values)

		with patch.object(frappe.db, "sql", count):
			work()
		return len(calls)


class TestVersions(ChoiceCase):
	def test_the_newest_price_that_has_begun_counts(self):
		self.create_lane(self.cheap, first_cost=20, valid_from="2020-01-01")
		self.create_lane(self.cheap, first_cost=1, valid_from="2099-01-01")

		name = self.pack()
		courier_choice.ensure_couriers([name])

		self.assertEqual(self.read(name).courier, self.dear)

	def test_two_of_one_day_are_refused(self):
		self.create_lane(self.cheap, valid_from="2026-01-01")
		with self.assertRaises(InvalidValueError):
			self.create_lane(self.cheap, valid_from="2026-01-01")
		with self.assertRaises(InvalidValueError):
			self.create_lane(self.cheap)


class TestRuleRecords(ChoiceCase):
	def test_nonsense_is_refused(self):
		for values in (
			{"city": "杭州市"},
			{"from_weight_g": 2, "to_weight_g": 1},
			{"from_day": "2026-02-02", "to_day": "2026-02-01"},
			{"from_amount": -1},
		):
			with self.subTest(values), self.assertRaises(InvalidValueError):
				self.create_rule(self.dear, **values)

	def test_tried_on_past_parcels_before_it_is_switched_on(self):
		for _number in range(3):
			order = create_order([(self.sku, 1)], shop=self.shop)
			create_shipment(
				[order], self.near, status="Shipped", shipped_at="2026-11-20", province="浙江省", weight_g=500
			)
		rule = self.create_rule(self.dear, enabled=0, warehouse=self.near)

		found = courier_trial.try_rule(frappe._dict(rule.as_dict()))

		self.assertEqual((found["fitting"], found["changed"], found["none"]), (3, 3, 0))
		self.assertEqual((found["price"], found["days"], found["price_unknown"]), ("15.00", "0.0", 0))
		self.assertEqual(found["examples"][0]["after"], self.dear)


class TestEndpoints(ChoiceCase):
	def test_amounts_are_for_those_who_may_know_them(self):
		name = self.pack()
		courier_choice.ensure_couriers([name])
		for role, price in (("OMS Manager", "4.00"), ("OMS Warehouse Staff", None)):
			frappe.set_user(create_user([role]).name)
			found = api.get_choice(name)
			self.assertEqual(
				(found["candidates"][0]["price"], found["candidates"][0]["courier"]), (price, self.cheap)
			)
			self.assertNotIn("10.", str(found) if price is None else "")
			frappe.set_user("Administrator")

	def test_who_may_choose(self):
		name = self.pack()
		frappe.set_user(create_user(["OMS Customer Service"]).name)
		for ask in (lambda: api.choose([name]), lambda: api.set_courier([name], self.dear)):
			with self.assertRaises(frappe.PermissionError):
				ask()
		frappe.set_user("Administrator")
		self.assertIsNone(self.read(name).courier)
		frappe.set_user(create_user(["OMS Warehouse Staff"]).name)
		self.assertEqual(api.set_courier([name], self.dear)["names"], [name])

	def test_a_courier_that_is_switched_off(self):
		name = self.pack()
		frappe.db.set_value("Courier", self.dear, "is_active", 0)
		with self.assertRaises(InvalidValueError):
			api.set_courier([name], self.dear)


class TestTwoAtOnce(IntegrationTest):
	"""Commits, as another connection has to see it; a rule of its own shop keeps all other couriers out."""

	def setUp(self):
		super().setUp()
		self.shop, self.warehouse = create_shop().name, create_warehouse().name
		self.courier = create_courier().name
		lane = {"doctype": "Courier Lane", "courier": self.courier, "first_cost": 3}
		rule = {"doctype": "Courier Rule", "courier": self.courier, "action": "Use", "shop": self.shop}
		self.made = [
			frappe.get_doc(lane).insert(),
			frappe.get_doc({**rule, "rule_name": f"Rule {self.shop}", "enabled": 1}).insert(),
		]
		self.orders = [create_order(shop=self.shop, status="To Print") for _ in range(5)]
		self.names = [create_shipment([order], warehouse=self.warehouse).name for order in self.orders]
		frappe.db.commit()

	def tearDown(self):
		frappe.db.rollback()
		remove_shop(self.shop)
		made = [(document.doctype, document.name) for document in self.made]
		for doctype, name in (*made, ("Courier", self.courier), ("Warehouse", self.warehouse)):
			frappe.db.delete(doctype, {"name": name})
		frappe.db.commit()
		super().tearDown()

	def test_a_double_click_chooses_once(self):
		works = [partial(courier_choice.ensure_couriers, names) for names in (self.names, self.names[::-1])]
		# What these parcels hold was never in stock; the gate has tests of its own.
		with (
			patch.object(parcels, "find_stops_of", lambda locked: {}),
			patch.object(accounts, "read_accounts", lambda names=None: {}),
		):
			results = run_together(works)
		for done in results:
			self.assertEqual((sorted(done.names), done.refused), (sorted(self.names), {}))
		frappe.db.rollback()
		chosen = frappe.get_all("Shipment", {"name": ["in", self.names]}, pluck="courier")
		self.assertEqual(chosen, [self.courier] * 5)
		events = {"order": ["in", [order.name for order in self.orders]], "event": "Courier chosen"}
		self.assertEqual(frappe.db.count("Order Event", events), 5)
