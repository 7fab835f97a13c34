"""The scorecard equals what plain Python finds in the raw rows, and the advice picks the lanes that it should."""

import math
import random
from collections import defaultdict
from datetime import datetime, timedelta

import frappe

from storegroup_oms.api import tracking
from storegroup_oms.bulk import insert_rows
from storegroup_oms.couriers.report.courier_scorecard.courier_scorecard import execute
from storegroup_oms.couriers.tracking import advice, draft_rules, events, scorecard
from storegroup_oms.couriers.tracking.test_events import make_courier, make_trace
from storegroup_oms.tests.compat import IntegrationTest, UnitTest
from storegroup_oms.tests.factories import (
	create_after_sale_case,
	create_order,
	create_shipment,
	create_user,
	create_warehouse,
	make_suffix,
)

FIRST, LAST = datetime(2026, 3, 1), datetime(2026, 3, 31)
PROVINCES = ("浙江省", "江苏省")
# Codes of scans that mean that the courier has the parcel, told apart from the product's own list.
UNTOUCHED = ("Accepted", "Other")


def find_rank(values: list, share: float):
	ordered = sorted(values)
	return ordered[math.ceil(len(ordered) * share) - 1] if ordered else None


class TestScorecard(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.couriers = [make_courier(), make_courier()]
		self.warehouse = create_warehouse().name
		self.period = scorecard.Period(FIRST.date(), LAST.date(), {"warehouse": self.warehouse})
		self.dice = random.Random(7)
		self.orders = [create_order(status="Shipped") for _ in range(4)]
		self.make_parcels(40)

	def make_parcels(self, count: int):
		for number in range(count):
			shipped_at = FIRST + timedelta(hours=self.dice.randrange(24 * 31))
			parcel = create_shipment(
				[self.orders[number % 4]],
				warehouse=self.warehouse,
				courier=self.couriers[number % 2],
				province=self.dice.choice(PROVINCES),
				waybill_no=f"S{make_suffix()}",
				status="Shipped",
				shipped_at=shipped_at,
				freight_cost=self.dice.choice((0, 3.2, 4.75)),
			)
			self.scan(parcel, shipped_at)
			if number % 9 == 0:
				status = self.dice.choice(("Open", "Closed"))
				kind = self.dice.choice(("Suspected Lost", "No Movement"))
				row = {"shipment": parcel.name, "kind": kind, "status": status}
				frappe.get_doc({"doctype": "Parcel Alert", **row}).insert()
		for order, reason in zip(self.orders, ("Late", "Price", "Never Arrived", "Defective"), strict=True):
			create_after_sale_case(order.name, reason_code=reason)

	def scan(self, parcel, shipped_at: datetime):
		trace = make_trace(parcel)
		pickup, taken = self.dice.randrange(-60, 2000), self.dice.randrange(2100, 9000)
		rows = [
			events.Event(shipped_at + timedelta(minutes=pickup), "Picked Up", "", "已揽收"),
			events.Event(shipped_at + timedelta(minutes=taken - 20), "Out for Delivery", "", "正在派件"),
			events.Event(shipped_at + timedelta(minutes=taken), "Delivered", "", "已签收"),
		]
		for event in rows[: self.dice.choice((0, 1, 3, 3, 3))]:
			frappe.get_doc(
				{
					"doctype": "Tracking Event",
					"shipment": parcel.name,
					"occurred_at": event.occurred_at,
					"code": event.code,
					"text": event.text,
				}
			).insert(ignore_permissions=True)
		events.write([trace], "Kuaidi100")

	def compute_from_raw_rows(self) -> dict:
		"""{(courier, province): figures} from parcels, scans, alerts and cases, one row at a time."""
		groups = defaultdict(list)
		for parcel in frappe.get_all(
			"Shipment",
			filters={"warehouse": self.warehouse, "shipped_at": ["between", [FIRST, LAST]]},
			fields=["name", "courier", "province", "shipped_at", "freight_cost"],
			order_by="name asc",
		):
			groups[parcel.courier, parcel.province].append(parcel)
		return {key: self.add_up(parcels) for key, parcels in groups.items()}

	def add_up(self, parcels: list) -> dict:
		hours, pickups, costs, problems, lost, complaints = [], [], [], 0, 0, 0
		for parcel in parcels:
			scans = frappe.get_all(
				"Tracking Event",
				filters={"shipment": parcel.name},
				fields=["occurred_at", "code"],
				order_by="occurred_at asc",
			)
			touched = [scan.occurred_at for scan in scans if scan.code not in UNTOUCHED]
			if touched:
				pickups.append(max((touched[0] - parcel.shipped_at) / timedelta(hours=1), 0))
			hours += [
				(scan.occurred_at - parcel.shipped_at) / timedelta(hours=1)
				for scan in scans
				if scan.code == "Delivered"
			]
			costs += [float(parcel.freight_cost)] if parcel.freight_cost else []
			alerts = frappe.get_all("Parcel Alert", {"shipment": parcel.name}, ["kind", "status"])
			problems += bool(alerts)
			lost += any(row.kind == "Suspected Lost" and row.status != "Closed" for row in alerts)
			(order,) = frappe.get_all("Shipment Order", {"parent": parcel.name}, pluck="order")
			reasons = frappe.get_all("After-sale Case", {"order": order}, pluck="reason_code")
			complaints += bool({"Late", "Never Arrived", "Damaged in Transit"} & set(reasons))
		half, most, pickup = find_rank(hours, 0.5), find_rank(hours, 0.9), find_rank(pickups, 0.5)
		return {
			"parcels": len(parcels),
			"delivered": len(hours),
			"problems": problems,
			"lost": lost,
			"complaints": complaints,
			"problem_rate": round(100 * problems / len(parcels), 2),
			"median_days": None if half is None else round(half / 24, 2),
			"p90_days": None if most is None else round(most / 24, 2),
			"pickup_hours": None if pickup is None else round(pickup, 1),
			"cost": round(sum(costs) / len(costs), 2) if costs else None,
		}

	def test_equal_to_the_raw_rows(self):
		rows = scorecard.compute(self.period, "Lane")
		wanted = self.compute_from_raw_rows()
		self.assertEqual(len(rows), 4)
		self.assertEqual(sum(row.parcels for row in rows), 40)
		for row in rows:
			for name, value in wanted[row.courier, row.province].items():
				with self.subTest(courier=row.courier, province=row.province, figure=name):
					if isinstance(value, float):
						self.assertAlmostEqual(row[name], value, delta=0.011)
					else:
						self.assertEqual(row[name], value)

	def test_groups_and_filters(self):
		by_courier = scorecard.compute(self.period, "Courier")
		self.assertEqual([row.parcels for row in by_courier], [20, 20])
		only = scorecard.Period(FIRST.date(), LAST.date(), {**self.period.only, "courier": self.couriers[0]})
		(row,) = scorecard.compute(only, "Courier")
		self.assertEqual((row.courier, row.parcels), (self.couriers[0], 20))
		before = scorecard.Period(
			FIRST.date() - timedelta(days=9), FIRST.date() - timedelta(days=1), only.only
		)
		self.assertEqual(scorecard.compute(before), [])

	def test_the_report_shows_cost_and_parcels_to_whom_they_belong(self):
		filters = {"from_date": FIRST.date(), "to_date": LAST.date(), "warehouse": self.warehouse}
		columns, rows, _message, chart = execute(filters)
		self.assertIn("cost", [column["fieldname"] for column in columns])
		self.assertEqual(len(chart["data"]["labels"]), len(rows))
		frappe.set_user(create_user(["OMS Order Clerk"]).name)
		columns, rows, _message, _chart = execute(filters)
		self.assertNotIn("cost", [column["fieldname"] for column in columns])
		self.assertTrue(rows and all("cost" not in row for row in rows))
		with self.assertRaises(frappe.PermissionError):
			tracking.get_courier_advice(filters)
		frappe.set_user("Administrator")
		frappe.set_user(create_user(["OMS Manager"], warehouses=[create_warehouse().name]).name)
		self.assertEqual(execute(filters)[1], [])


def make_row(courier: str, province: str = "浙江省", **values) -> dict:
	rates = {"problem_rate": 2.0, "loss_rate": 0.1, "complaint_rate": 0.5}
	lane = {"courier": courier, "warehouse": "W", "province": province}
	return {**lane, "parcels": 100, "cost": 4.0, "median_days": 2.0, "p90_days": 3.0, **rates, **values}


class TestAdvice(UnitTest):
	def test_the_better_courier_of_each_lane(self):
		changes = advice.find_changes(
			[
				make_row("A", cost=5.0),
				make_row("B"),
				make_row("C", cost=3.0, loss_rate=5.0),
				make_row("A", "江苏省"),
				make_row("B", "江苏省", cost=3.95),
			]
		)
		found = [(change.province, change.courier, change.better) for change in changes]
		self.assertEqual(found, [("浙江省", "C", "B"), ("浙江省", "A", "B")])
		change = changes[1]
		self.assertEqual((change.saves, change.freight_saves, change.saves_total), (1.0, 1.0, 100.0))

	def test_what_it_costs_is_said(self):
		(change,) = advice.find_changes([make_row("A", cost=5.0), make_row("B", cost=3.0, median_days=2.5)])
		self.assertEqual((change.better, change.days, change.saves), ("B", 0.5, 1.85))

	def test_too_few_too_slow_or_unknown(self):
		for other in (
			make_row("B", cost=1.0, parcels=29),
			make_row("B", cost=1.0, p90_days=4.1),
			make_row("B", cost=None),
			make_row("B", cost=1.0, median_days=None),
		):
			with self.subTest(other):
				self.assertEqual(advice.find_changes([make_row("A", cost=5.0), other]), [])


class TestAdviceOnData(IntegrationTest):
	"""Five lanes of generated parcels, made so that it is known which changes are right."""

	def setUp(self):
		super().setUp()
		self.warehouse, self.dice = create_warehouse().name, random.Random(11)
		self.first, self.second, self.third = make_courier(), make_courier(), make_courier()
		self.rows: list[dict] = []
		self.lost: list[str] = []

	def ship(self, province: str, courier: str, cost: float, days: float, count: int = 60, lost: int = 0):
		"""Parcels that cost and take so much on average, some of them lost."""
		for number in range(count):
			shipped_at = FIRST + timedelta(hours=self.dice.randrange(24 * 30))
			hours = 24 * days + self.dice.uniform(-10, 10)
			name = f"SC-{make_suffix()}-{number}"
			is_lost = number < lost
			self.rows.append(
				{
					"name": name,
					"courier": courier,
					"warehouse": self.warehouse,
					"province": province,
					"waybill_no": name,
					"status": "In Transit" if is_lost else "Delivered",
					"shipped_at": shipped_at,
					"delivered_at": None if is_lost else shipped_at + timedelta(hours=hours),
					"freight_cost": round(cost + self.dice.uniform(-0.15, 0.15), 2) if cost else 0,
				}
			)
			self.lost += [name] * is_lost

	def find_advice(self) -> list[advice.Change]:
		fields = [name for name in self.rows[0] if name != "name"]
		insert_rows("Shipment", self.rows, fields)
		for name in self.lost:
			row = {"shipment": name, "kind": "Suspected Lost", "status": "Open"}
			frappe.get_doc({"doctype": "Parcel Alert", **row}).insert()
		period = scorecard.Period(FIRST.date(), LAST.date(), {"warehouse": self.warehouse})
		return advice.find_changes(scorecard.compute(period))

	def get_mean_cost(self, province: str, courier: str) -> float:
		costs = [
			row["freight_cost"]
			for row in self.rows
			if (row["province"], row["courier"]) == (province, courier)
		]
		return sum(costs) / len(costs)

	def test_it_picks_the_changes_that_are_right_and_no_other(self):
		# Cheaper and as fast; the third one is cheaper still, but far too slow.
		self.ship("浙江省", self.first, 5.0, 2)
		self.ship("浙江省", self.second, 3.5, 2)
		self.ship("浙江省", self.third, 3.3, 5)
		# Cheaper by half a yuan, but one in twenty gets lost.
		self.ship("江苏省", self.first, 3.0, 2, lost=3)
		self.ship("江苏省", self.second, 3.5, 2)
		# As good as each other.
		self.ship("广东省", self.first, 4.0, 3)
		self.ship("广东省", self.second, 4.05, 3)
		# Much cheaper, but too few to say.
		self.ship("四川省", self.first, 6.0, 3)
		self.ship("四川省", self.second, 2.0, 3, count=29)
		# Nobody knows what it costs.
		self.ship("北京市", self.first, 6.0, 3)
		self.ship("北京市", self.second, 0, 3)

		changes = self.find_advice()

		self.assertEqual(
			{(change.province, change.courier, change.better) for change in changes},
			{
				("浙江省", self.first, self.second),
				("浙江省", self.third, self.second),
				("江苏省", self.first, self.second),
			},
		)
		saving = next(
			change for change in changes if change.courier == self.first and change.province == "浙江省"
		)
		expected = self.get_mean_cost("浙江省", self.first) - self.get_mean_cost("浙江省", self.second)
		self.assertAlmostEqual(saving.freight_saves, expected, delta=0.011)
		losing = next(change for change in changes if change.province == "江苏省")
		self.assertEqual((losing.loss_rate, losing.freight_saves < 0), (-5.0, True))


class TestDraft(IntegrationTest):
	def test_a_draft_is_written_once(self):
		warehouse, courier = create_warehouse().name, make_courier()
		first = tracking.draft_courier_rule(warehouse, "浙江省", courier)
		self.assertEqual(first["doctype"], "Courier Rule")
		rule = frappe.get_doc("Courier Rule", first["name"])
		self.assertEqual(
			(rule.enabled, rule.action, rule.warehouse, rule.province, rule.courier),
			(0, "Prefer", warehouse, "浙江省", courier),
		)
		self.assertEqual(tracking.draft_courier_rule(warehouse, "浙江省", courier), first)

	def test_it_says_what_it_saves_and_costs(self):
		(change,) = advice.find_changes([make_row("A", cost=5.0), make_row("B", cost=3.0, median_days=2.5)])
		note = draft_rules.describe(change)

		for figure in ("100", "1.85", "185.00", "2.00", "0.50"):
			self.assertIn(figure, note)

	def test_who_may_not_make_rules(self):
		warehouse, courier = create_warehouse().name, make_courier()
		frappe.set_user(create_user(["OMS Warehouse Staff"]).name)
		with self.assertRaises(frappe.PermissionError):
			tracking.draft_courier_rule(warehouse, "浙江省", courier)
		frappe.set_user("Administrator")
		self.assertFalse(frappe.db.exists("Courier Rule", {"courier": courier}))
