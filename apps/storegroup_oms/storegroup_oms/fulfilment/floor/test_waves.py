"""Waves: what is suggested is what is made, a parcel is in one wave, picked as a whole, stopped parcels apart."""

from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.api import waves as endpoints
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment import steps
from storegroup_oms.fulfilment.floor import waves
from storegroup_oms.fulfilment.test_parcels import ParcelCase
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import (
	create_order,
	create_shipment,
	create_shop,
	create_sku,
	create_user,
	create_warehouse,
)
from storegroup_oms.tests.races import remove_shop, run_together


class WaveCase(ParcelCase):
	"""Two parcels of one piece, one of three; the second single one is to leave first."""

	def setUp(self):
		super().setUp()
		self.addCleanup(frappe.set_user, "Administrator")
		self.orders = [self.order(), self.order(), self.order((self.sku, 2), (self.other, 1))]
		self.names = [self.get_parcel(order).name for order in self.orders]
		later, soon = add_to_date(now_datetime(), days=3), add_to_date(now_datetime(), minutes=5)
		for name, ship_by in zip(self.names, (later, soon, later), strict=True):
			frappe.db.set_value("Shipment", name, {"ship_by": ship_by, "province": "浙江省"})

	def read(self, name: str) -> tuple[str | None, int]:
		return frappe.db.get_value("Shipment", name, ["wave_no", "wave_slot"])

	def suggest(self) -> dict[tuple[str, str], int]:
		return {(row["kind"], row["value"]): row["count"] for row in waves.suggest(self.near)}


class TestWall(WaveCase):
	def test_slots_hold_what_their_parcels_need_and_stopped_ones_have_none(self):
		wave = waves.create(self.near, "Region", "浙江省")
		slots = {slot["name"]: slot for slot in endpoints.read_wall(wave)}
		self.assertEqual(sorted(slot["wave_slot"] for slot in slots.values()), [1, 2, 3])
		lines = {line["sku"]: line["qty"] for line in slots[self.names[2]]["lines"]}
		self.assertEqual(lines, {self.sku: 2, self.other: 1})

		frappe.db.set_value("Shipment", self.names[2], "stop_reasons", "refund_requested")
		self.assertEqual({slot["name"] for slot in endpoints.read_wall(wave)}, set(self.names[:2]))

	def test_picked_ones_are_on_no_wall(self):
		wave = waves.create(self.near, "Single Item")
		for name in self.label(*self.names[:2]):
			steps.mark_printed([name])
		waves.mark_picked(wave)

		self.assertEqual(endpoints.read_wall(wave), [])

	def test_not_for_everybody(self):
		wave = waves.create(self.near, "Single Item")
		frappe.set_user(create_user(["OMS Customer Service"]).name)
		with self.assertRaises(frappe.PermissionError):
			endpoints.read_wall(wave)


class TestMaking(WaveCase):
	def test_suggestions_count_what_is_free(self):
		expected = {("Urgent", ""): 1, ("Single Item", ""): 2, ("Multi-Item", ""): 1, ("Region", "浙江省"): 3}
		self.assertEqual(self.suggest(), expected)
		self.assertEqual(waves.suggest(self.far), [])

		waves.create(self.near, "Single Item")

		self.assertEqual(self.suggest(), {("Multi-Item", ""): 1, ("Region", "浙江省"): 1})

	def test_each_kind_takes_its_own(self):
		self.label(*self.names)
		for kind, value, taken in (
			("Urgent", "", [1]),
			("Single Item", "", [0, 1]),
			("Multi-Item", "", [2]),
			("Courier", self.courier, [0, 1, 2]),
			("Region", "浙江省", [0, 1, 2]),
		):
			with self.subTest(kind):
				wave = waves.create(self.near, kind, value)
				found = {row.name for row in waves.list_parcels(wave)}
				self.assertEqual(found, {self.names[number] for number in taken})
				waves.dissolve(wave)
		self.assertEqual([self.read(name) for name in self.names], [(None, 0)] * 3)

	def test_no_more_than_the_size_and_the_most_urgent_first(self):
		wave = waves.create(self.near, "Region", "浙江省", size=1)

		self.assertEqual([row.name for row in waves.list_parcels(wave)], [self.names[1]])
		stored = frappe.get_doc("Wave", wave)
		self.assertEqual((stored.parcel_count, stored.piece_count, stored.status), (1, 1, "Picking"))

	def test_slots_count_from_one(self):
		wave = waves.create(self.near, "Region", "浙江省")

		self.assertEqual([row.wave_slot for row in waves.list_parcels(wave)], [1, 2, 3])
		self.assertEqual(self.read(self.names[2]), (wave, 3))

	def test_refusals_write_nothing(self):
		self.refund(self.orders[2], status="Requested")
		for arguments in (
			("Multi-Item",),
			("Fast",),
			("Courier", "nobody"),
			("Single Item", "", 0),
			("Single Item", "", waves.MOST + 1),
		):
			with self.subTest(arguments), self.assertRaises(InvalidValueError):
				waves.create(self.near, *arguments)

		self.assertEqual(frappe.db.count("Wave", {"warehouse": self.near}), 0)
		self.assertEqual([self.read(name) for name in self.names], [(None, 0)] * 3)


class TestPicking(WaveCase):
	def test_picked_as_a_whole(self):
		self.print(*self.orders)
		wave = waves.create(self.near, "Region", "浙江省")

		for _time in range(2):
			self.assertEqual(waves.mark_picked(wave).refused, {})

		self.assertEqual({row.status for row in waves.list_parcels(wave)}, {"Picked"})
		self.assertEqual(frappe.db.get_value("Wave", wave, "status"), "Picked")
		self.assertEqual(
			waves.get_progress(wave),
			{"parcels": 3, "stopped": 0, "printed": 3, "picked": 3, "verified": 0, "shipped": 0},
		)
		with self.assertRaises(InvalidValueError):
			waves.dissolve(wave)

	def test_one_without_a_label_keeps_the_wave_open(self):
		self.print(*self.orders[:2])
		wave = waves.create(self.near, "Region", "浙江省")

		done = waves.mark_picked(wave)

		self.assertEqual(done.refused, {self.names[2]: "Its label is not printed."})
		self.assertEqual(frappe.db.get_value("Wave", wave, "status"), "Picking")
		self.print(self.orders[2])
		waves.mark_picked(wave)
		self.assertEqual(frappe.db.get_value("Wave", wave, "status"), "Picked")

	def test_a_stopped_one_does_not(self):
		self.print(*self.orders)
		wave = waves.create(self.near, "Region", "浙江省")
		self.refund(self.orders[0], status="Requested")

		done = waves.mark_picked(wave)

		self.assertEqual(done.refused, {self.names[0]: "The buyer has asked for a refund."})
		self.assertEqual(frappe.db.get_value("Wave", wave, "status"), "Picked")
		progress = waves.get_progress(wave)
		self.assertEqual((progress["stopped"], progress["picked"]), (1, 2))
		steps.mark_shipped(self.names[1:])
		self.assertEqual(waves.get_progress(wave)["shipped"], 2)


class TestTwoAtOnce(IntegrationTest):
	def test_a_parcel_is_in_one_wave(self):
		shop, warehouse, sku = create_shop().name, create_warehouse().name, create_sku().name
		parcels = []
		for _number in range(4):
			order = create_order([(sku, 1)], shop=shop, status="To Print")
			parcels.append(create_shipment([order], warehouse=warehouse, total_qty=1).name)
		frappe.db.commit()
		try:

			def work() -> str | None:
				try:
					return waves.create(warehouse, "Single Item")
				except InvalidValueError:
					return None

			# What these parcels hold is not what this test is about.
			with patch("storegroup_oms.fulfilment.parcels.find_stops_of", lambda _locked: {}):
				made = [name for name in run_together([work, work]) if name]
			frappe.db.rollback()
			stored = frappe.get_all("Wave", {"warehouse": warehouse}, pluck="name", order_by="name asc")
			carried = frappe.get_all(
				"Shipment", {"name": ["in", parcels]}, pluck="wave_no", order_by="name asc"
			)
		finally:
			remove_shop(shop)
			frappe.db.delete("Wave", {"warehouse": warehouse})
			frappe.db.delete("Warehouse", {"name": warehouse})
			frappe.db.delete("SKU", {"name": sku})
			frappe.db.commit()

		self.assertEqual(len(made), 1)
		self.assertEqual((stored, carried), (made, made * 4))


class TestEndpoints(WaveCase):
	def log_in(self, role: str, **scope):
		frappe.set_user("Administrator")
		frappe.set_user(create_user([role], **scope).name)

	def test_without_the_right_or_the_warehouse_nothing_happens(self):
		wave = waves.create(self.near, "Urgent")
		for role, scope in (
			("OMS Customer Service", {}),
			("OMS Warehouse Staff", {"warehouses": [create_warehouse().name]}),
		):
			self.log_in(role, **scope)
			for call in (
				lambda: endpoints.suggest(self.near),
				lambda: endpoints.create(self.near, "Single Item"),
				lambda: endpoints.list_parcels(wave),
				lambda: endpoints.mark_picked(wave),
				lambda: endpoints.dissolve(wave),
			):
				with self.subTest(role), self.assertRaises(frappe.PermissionError):
					call()
			frappe.set_user("Administrator")
		self.assertEqual(frappe.db.get_value("Wave", wave, "status"), "Picking")
		self.assertEqual(self.read(self.names[0]), (None, 0))

	def test_the_warehouse_makes_and_picks(self):
		self.print(*self.orders)
		self.log_in("OMS Warehouse Staff", warehouses=[self.near])
		self.assertEqual(len(endpoints.suggest(self.near)), 5)

		wave = endpoints.create(self.near, "Single Item", picker=frappe.session.user)

		self.assertEqual(sorted(endpoints.list_parcels(wave)), sorted(self.names[:2]))
		self.assertEqual(sorted(endpoints.mark_picked(wave)["names"]), sorted(self.names[:2]))
		with self.assertRaises(InvalidValueError):
			endpoints.create(self.near, "Multi-Item", picker="nobody@example.com")
