"""Intake: one record per platform order, newest state, exact money, whatever order things come in."""

from datetime import datetime, timedelta
from decimal import Decimal

import frappe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storegroup_oms.orders import intake, lifecycle, merging
from storegroup_oms.orders.canonical import (
	CHINA_TIME,
	CanonicalLine,
	CanonicalOrder,
	CanonicalReceiver,
)
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_shop, create_sku, ensure_sku

NOON = datetime(2026, 11, 11, 12, 0, tzinfo=CHINA_TIME)


SKU = "INTAKE-LOTION"


def make_line(**values) -> CanonicalLine:
	"""One line of a lotion that is sold under the code SKU."""
	defaults = {"title": "Lotion", "sku_code": SKU, "qty": 1, "unit_price": "29.90", "amount": "29.90"}
	return CanonicalLine(**{**defaults, **values})


def make_order(number: str = "1001", minutes: int = 0, **values) -> CanonicalOrder:
	"""A paid order of two pieces for 59.80; `minutes` after noon is the platform's time of change."""
	lines = values.pop("lines", None)
	if lines is None:
		amount = values.get("total_amount", Decimal("59.80"))
		lines = [make_line(qty=2, amount=amount)]
	total = sum((line.amount for line in lines), Decimal(0))
	defaults = {
		"platform": "Taobao",
		"platform_order_no": number,
		"platform_status": "WAIT_SELLER_SEND_GOODS",
		"status": "To Review",
		"buyer_nick": "tb_0001",
		"receiver": CanonicalReceiver(
			name="王小明",
			mobile="13800001234",
			province="浙江省",
			city="杭州市",
			district="西湖区",
			address="文三路90号",
		),
		"goods_amount": total,
		"total_amount": total,
		"paid_amount": total,
		"ordered_at": NOON,
		"paid_at": NOON,
		"modified_at": NOON + timedelta(minutes=minutes),
		"lines": lines,
	}
	return CanonicalOrder(**{**defaults, **values})


class TestSaveOrders(IntegrationTest):
	def setUp(self) -> None:
		super().setUp()
		self.shop = create_shop().name
		ensure_sku(SKU)

	def save(self, *orders: CanonicalOrder) -> intake.SaveResult:
		return intake.save_orders(self.shop, orders, "Pull")

	def get_order(self, number: str = "1001"):
		return frappe.get_doc("Order", {"shop": self.shop, "platform_order_no": number})

	def test_new_order_is_stored_whole(self) -> None:
		sku = create_sku().name
		line = CanonicalLine(
			platform_line_no="9",
			sku_code=sku,
			title="乳液",
			spec="50 ml",
			qty=3,
			unit_price="10.00",
			amount="30.00",
		)
		result = self.save(make_order(lines=[line]))
		self.assertEqual((result.new, result.changed, result.unchanged), (1, 0, 0))
		order = self.get_order()
		self.assertEqual(result.names, {"1001": order.name})
		self.assertRegex(order.name, r"^SO-\d{9}$")
		self.assertEqual(
			(order.status, order.review_state, order.source), ("To Review", "Pending Review", "Pull")
		)
		self.assertEqual(Decimal(str(order.total_amount)), Decimal("30.00"))
		row = order.items[0]
		self.assertEqual(
			(row.sku, row.title, row.specification, row.qty, row.idx), (sku, "乳液", "50 ml", 3, 1)
		)
		self.assertEqual(order.sku_summary, f"{sku}×3")
		events = frappe.get_all(
			"Order Event", {"order": order.name}, ["event", "source"], order_by="creation asc"
		)
		self.assertEqual([(e.event, e.source) for e in events], [("Order received", "Pull")])

	def test_receiver_is_masked_in_the_order_and_kept_apart(self) -> None:
		self.save(make_order())
		order = self.get_order()
		self.assertEqual((order.receiver_name, order.receiver_mobile), ("王**", "138****1234"))
		self.assertNotIn("90", order.address)
		payload = frappe.db.get_value("Order Receiver", order.name, "payload")
		self.assertTrue(payload)
		self.assertNotIn("王小明", payload)

	def test_same_copy_again_changes_nothing(self) -> None:
		self.save(make_order())
		before = self.get_order().as_dict()
		result = self.save(make_order())
		self.assertEqual((result.new, result.changed, result.unchanged), (0, 0, 1))
		self.assertEqual(self.get_order().as_dict(), before)

	def test_older_copy_changes_nothing(self) -> None:
		self.save(make_order(minutes=10, paid_amount="59.80"))
		result = self.save(make_order(minutes=5, paid_amount="0"))
		self.assertEqual(result.unchanged, 1)
		self.assertEqual(self.get_order().paid_amount, 59.80)

	def test_newest_of_a_batch_wins(self) -> None:
		self.save(make_order(minutes=9, seller_memo="new"), make_order(minutes=3, seller_memo="old"))
		self.assertEqual(self.get_order().seller_memo, "new")

	def test_platform_never_takes_an_order_back(self) -> None:
		self.save(make_order())
		name = self.get_order().name
		lifecycle.move_orders([name], "To Print", "test")
		self.save(make_order(minutes=1, seller_memo="please hurry"))
		order = self.get_order()
		self.assertEqual((order.status, order.seller_memo), ("To Print", "please hurry"))
		self.save(make_order(minutes=2, status="Closed"))
		self.assertEqual(self.get_order().status, "Closed")
		self.save(make_order(minutes=3, status="To Review"))
		self.assertEqual(self.get_order().status, "Closed")

	def test_status_change_is_on_the_timeline(self) -> None:
		self.save(make_order(status="Unpaid", paid_at=None, paid_amount="0"))
		self.save(make_order(minutes=1))
		name = self.get_order().name
		moves = frappe.get_all(
			"Order Event",
			{"order": name, "event": "Status changed"},
			["from_status", "to_status"],
			order_by="creation asc",
		)
		self.assertEqual([(m.from_status, m.to_status) for m in moves], [("Unpaid", "To Review")])

	def test_lines_tied_to_stock_are_kept_and_the_parcel_is_stopped(self) -> None:
		self.save(make_order())
		order = self.get_order()
		frappe.db.set_value("Order Item", order.items[0].name, "reserved_qty", 2)
		lifecycle.move_orders([order.name], "To Print", "test")
		other = CanonicalLine(title="Cream", qty=1, unit_price="59.80", amount="59.80")
		self.save(make_order(minutes=1, lines=[other]))
		after = self.get_order()
		self.assertEqual([row.title for row in after.items], ["Lotion"])
		self.assertEqual(after.stop_reasons, "items_changed")

	def test_lines_follow_the_platform_until_the_review(self) -> None:
		self.save(make_order())
		frappe.db.set_value("Order Item", self.get_order().items[0].name, "reserved_qty", 2)
		other = CanonicalLine(title="Cream", qty=1, unit_price="59.80", amount="59.80")
		self.save(make_order(minutes=1, lines=[other]))
		after = self.get_order()
		self.assertEqual([(row.title, row.qty) for row in after.items], [("Cream", 1)])
		self.assertFalse(after.stop_reasons)

	def test_masked_copy_never_wipes_the_receiver(self) -> None:
		self.save(make_order())
		masked = CanonicalReceiver(
			name="王**", mobile="138****1234", address="文三路***", platform_token="oaid-1"
		)
		self.save(make_order(minutes=1, receiver=masked))
		stored = frappe.get_doc("Order Receiver", self.get_order().name)
		self.assertEqual(stored.platform_token, "oaid-1")
		self.assertTrue(stored.payload)
		self.assertTrue(stored.mobile_hash)

	def test_order_stored_by_another_worker_meanwhile_is_not_doubled(self) -> None:
		real = intake._read_stored

		def blind(shop, numbers, lock):
			return {}

		self.save(make_order())
		intake._read_stored = blind
		self.addCleanup(setattr, intake, "_read_stored", real)
		result = self.save(make_order(minutes=1, seller_memo="second"), make_order("1002"))
		self.assertEqual((result.new, result.changed), (1, 1))
		self.assertEqual(frappe.db.count("Order", {"shop": self.shop}), 2)
		self.assertEqual(self.get_order().seller_memo, "second")
		self.assertEqual(len(self.get_order().items), 1)

	def test_counting_writes_nothing(self) -> None:
		result = intake.count_changes(self.shop, [make_order()])
		self.assertEqual((result.new, result.changed, result.unchanged), (1, 0, 0))
		self.assertEqual(frappe.db.count("Order", {"shop": self.shop}), 0)

	def test_statements_do_not_grow_with_the_batch(self) -> None:
		counts = []
		for size, first in ((2, 0), (200, 1000)):
			frappe.db.sql("SELECT 1")
			before = frappe.db.sql("SHOW SESSION STATUS LIKE 'Questions'")[0][1]
			self.save(*(make_order(str(first + number)) for number in range(size)))
			counts.append(int(frappe.db.sql("SHOW SESSION STATUS LIKE 'Questions'")[0][1]) - int(before))
		self.assertLess(counts[1], counts[0] + 6)

	@settings(max_examples=25, suppress_health_check=list(HealthCheck))
	@given(st.data())
	def test_any_arrival_ends_in_the_newest_state(self, data) -> None:
		"""Any order, repetition and batching of orders' histories: one record each, the newest copy's lines and money."""
		shop = create_shop().name
		copies = data.draw(
			st.lists(
				st.tuples(
					st.sampled_from("ABCD"),
					st.integers(0, 30),
					st.lists(st.decimals("0.01", "9999.99", places=2), min_size=1, max_size=3),
				),
				min_size=1,
				max_size=14,
				unique_by=lambda copy: copy[:2],
			)
		)
		orders = [
			make_order(
				number,
				minute,
				seller_memo=f"at {minute}",
				lines=[
					make_line(platform_line_no=str(position), amount=amount, refund_status=data.draw(REFUNDS))
					for position, amount in enumerate(amounts)
				],
			)
			for number, minute, amounts in copies
		]
		again = data.draw(st.lists(st.sampled_from(orders), max_size=5))
		arrivals = data.draw(st.permutations(orders + again))
		cuts = sorted(data.draw(st.lists(st.integers(0, len(arrivals)), max_size=4)))
		for start, end in zip([0, *cuts], [*cuts, len(arrivals)], strict=True):
			intake.save_orders(shop, arrivals[start:end], "Pull")
		newest = {
			order.platform_order_no: order for order in sorted(orders, key=lambda order: order.modified_at)
		}
		rows = frappe.get_all(
			"Order",
			{"shop": shop},
			["name", "platform_order_no", "total_amount", "seller_memo", "item_count"],
			order_by="name asc",
		)
		self.assertEqual(sorted(row.platform_order_no for row in rows), sorted(newest))
		for row in rows:
			order = newest[row.platform_order_no]
			self.assertEqual(row.seller_memo, order.seller_memo)
			self.assertEqual(Decimal(str(row.total_amount)), order.total_amount)
			lines = frappe.get_all(
				"Order Item", {"parent": row.name}, ["amount", "refund_status"], order_by="idx asc"
			)
			self.assertEqual(
				[(Decimal(str(line.amount)), line.refund_status) for line in lines],
				[(line.amount, line.refund_status) for line in order.lines],
			)
			self.assertEqual(row.item_count, len(order.lines))


REFUNDS = st.sampled_from(("", "Requested", "Refunded", "Closed"))


class TestMergeStatus(IntegrationTest):
	def test_table(self) -> None:
		cases = [
			("Unpaid", "To Review", "To Review"),
			("To Review", "Unpaid", "To Review"),
			("To Pick", "To Review", "To Pick"),
			("To Pick", "Shipped", "Shipped"),
			("Shipped", "Partly Shipped", "Shipped"),
			("Completed", "Closed", "Closed"),
			("Closed", "Completed", "Closed"),
			("On Hold", None, "On Hold"),
			# what happened between two looks at the platform isn't seen
			("Unpaid", "Partly Shipped", "Partly Shipped"),
			("Unpaid", "Shipped", "Shipped"),
			("Unpaid", "Completed", "Completed"),
			("On Hold", "Partly Shipped", "Partly Shipped"),
		]
		for stored, incoming, wanted in cases:
			with self.subTest(stored=stored, incoming=incoming):
				self.assertEqual(merging.merge_status(stored, incoming), wanted)
