"""Newer copies of stored orders: what is held, stopped, kept and moved."""

from datetime import timedelta
from decimal import Decimal

import frappe

from storegroup_oms.orders import intake, lifecycle
from storegroup_oms.orders.canonical import CanonicalReceiver
from storegroup_oms.orders.test_intake import NOON, SKU, make_line, make_order
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_after_sale_case, create_shop, create_sku, ensure_sku


class ChangedOrders(IntegrationTest):
	def setUp(self) -> None:
		super().setUp()
		self.shop = create_shop().name
		ensure_sku(SKU)

	def save(self, *orders) -> intake.SaveResult:
		return intake.save_orders(self.shop, orders, "Pull")

	def get_order(self, number: str = "1001"):
		return frappe.get_doc("Order", {"shop": self.shop, "platform_order_no": number})

	def start(self, status: str = "To Print", **values):
		"""Save an order and move it past its review."""
		self.save(make_order(**values))
		order = self.get_order()
		if order.status != status:
			lifecycle.move_orders([order.name], status, "test")
		return order


class TestFields(ChangedOrders):
	def test_every_canonical_field_arrives_and_follows(self) -> None:
		values = {
			"platform_buyer_id": "open-1",
			"platform_discount_amount": "3.00",
			"order_type": "Presale",
			"memo_flag": "Red",
			"receiver": CanonicalReceiver(
				province="浙江省", city="杭州市", district="西湖区", town="北山街道"
			),
		}
		self.save(make_order(**values))
		order = self.get_order()
		self.assertEqual(
			(order.platform_buyer_id, order.platform_discount_amount, order.order_type, order.memo_flag),
			("open-1", 3.0, "Presale", "Red"),
		)
		self.assertEqual(order.town, "北山街道")
		self.save(make_order(minutes=1, memo_flag="Blue", platform_discount_amount="1.50"))
		after = self.get_order()
		self.assertEqual(
			(after.memo_flag, after.platform_discount_amount, after.order_type), ("Blue", 1.5, "Normal")
		)

	def test_refund_never_shrinks(self) -> None:
		self.save(make_order(refund_amount="10.00"))
		self.save(make_order(minutes=1))
		self.assertEqual(self.get_order().refund_amount, 10.0)
		self.save(make_order(minutes=2, refund_amount="12.00"))
		self.assertEqual(self.get_order().refund_amount, 12.0)

	def test_copy_without_a_time_never_replaces_one_with_a_time(self) -> None:
		self.save(make_order(seller_memo="pulled"))
		result = self.save(make_order(modified_at=None, seller_memo="from a file"))
		self.assertEqual(result.unchanged, 1)
		self.assertEqual(self.get_order().seller_memo, "pulled")

	def test_other_content_of_the_same_second_is_taken(self) -> None:
		self.save(make_order(seller_memo="pushed"))
		result = self.save(make_order(seller_memo="pulled"))
		self.assertEqual((result.changed, self.get_order().seller_memo), (1, "pulled"))

	def test_numbers_that_differ_by_case_only_are_one_order(self) -> None:
		result = self.save(make_order("a1", 1, seller_memo="new"), make_order("A1"))
		self.assertEqual((result.new, len(result.names), len(set(result.names.values()))), (1, 2, 1))
		result = self.save(make_order("Ａ１", 2, seller_memo="newest"))
		self.assertEqual((result.new, result.changed), (0, 1))
		self.assertEqual(
			frappe.get_all("Order", {"shop": self.shop}, pluck="seller_memo", order_by="name"), ["newest"]
		)


class TestReview(ChangedOrders):
	def test_platform_holds_come_and_go(self) -> None:
		self.save(make_order(hold_reasons=("platform_locked",)))
		order = self.get_order()
		self.assertEqual(
			(order.status, order.hold_reasons, order.review_state), ("On Hold", "platform_locked", "Held")
		)
		self.save(make_order(minutes=1))
		order = self.get_order()
		self.assertEqual(
			(order.status, order.hold_reasons, order.review_state), ("To Review", "", "Pending Review")
		)
		moves = frappe.get_all(
			"Order Event",
			{"order": order.name, "event": "Status changed"},
			["from_status", "to_status"],
			order_by="creation asc",
		)
		self.assertEqual([(move.from_status, move.to_status) for move in moves], [("On Hold", "To Review")])

	def test_own_holds_stay(self) -> None:
		self.save(make_order(hold_reasons=("platform_locked",)))
		frappe.db.set_value("Order", self.get_order().name, "hold_reasons", "manual,platform_locked")
		self.save(make_order(minutes=1))
		order = self.get_order()
		self.assertEqual((order.status, order.hold_reasons), ("On Hold", "manual"))

	def test_refund_request_before_review_is_a_hold(self) -> None:
		self.save(make_order())
		asking = make_line(qty=2, amount="59.80", refund_status="Requested")
		self.save(make_order(minutes=1, lines=[asking]))
		order = self.get_order()
		self.assertEqual(
			(order.status, order.hold_reasons, order.stop_reasons or ""), ("On Hold", "refund_requested", "")
		)
		refused = make_line(qty=2, amount="59.80", refund_status="Rejected")
		self.save(make_order(minutes=2, lines=[refused]))
		order = self.get_order()
		self.assertEqual((order.status, order.hold_reasons), ("To Review", ""))

	def test_unpaid_order_is_held_once_it_is_paid(self) -> None:
		unpaid = {"status": "Unpaid", "paid_at": None, "paid_amount": "0"}
		line = make_line(sku_code="NOBODY-KNOWS")
		self.save(make_order(lines=[line], **unpaid))
		self.assertEqual(self.get_order().hold_reasons, "")
		self.save(make_order(minutes=1, lines=[line]))
		order = self.get_order()
		self.assertEqual((order.status, order.hold_reasons), ("On Hold", "listing_unmatched"))


class TestStops(ChangedOrders):
	def assert_stops(self, wanted: str, **values) -> None:
		self.save(make_order(minutes=1, **values))
		order = self.get_order()
		self.assertEqual(order.stop_reasons or "", wanted)

	def test_nothing_that_matters_changed(self) -> None:
		self.start()
		self.assert_stops(
			"", platform_status="OTHER", receiver=RECEIVER.model_copy(update={"platform_token": "t"})
		)

	def test_memo(self) -> None:
		self.start()
		self.assert_stops("memo_changed", seller_memo="red one please")

	def test_refund_comes_and_goes(self) -> None:
		self.start()
		self.assert_stops(
			"refund_requested", lines=[make_line(qty=2, amount="59.80", refund_status="Refunding")]
		)
		self.save(make_order(minutes=2, lines=[make_line(qty=2, amount="59.80", refund_status="Closed")]))
		self.assertEqual(self.get_order().stop_reasons, "")

	def test_refunded(self) -> None:
		self.start()
		self.assert_stops("refunded", lines=[make_line(qty=2, amount="59.80", refund_status="Refunded")])

	def test_goods(self) -> None:
		self.start()
		self.assert_stops("items_changed", lines=[make_line(qty=3, amount="89.70")])
		self.assertEqual([row.qty for row in self.get_order().items], [3])

	def test_closed(self) -> None:
		self.start()
		self.assert_stops("order_closed", status="Closed", refund_amount="59.80")
		order = self.get_order()
		self.assertEqual((order.status, order.closed_reason), ("Closed", "Refunded"))
		self.assertEqual(order.closed_at, (NOON + timedelta(minutes=1)).replace(tzinfo=None))

	def test_receiver(self) -> None:
		masked = {"name": "王**", "mobile": "138****1234", "address": "文三路***"}
		cases = [
			({"mobile": "13800009999"}, "address_changed"),
			({"address": "文三路91号"}, "address_changed"),
			({"district": "上城区"}, "address_changed"),
			({"name": "李小明"}, "address_changed"),
			({"town": "北山街道"}, "address_changed"),
			({"address": "文三路 90 号"}, ""),
			(masked, ""),
			({**masked, "name": "王*明"}, ""),
			({**masked, "mobile": "138****9999"}, "address_changed"),
			({**masked, "name": "李**"}, "address_changed"),
		]
		for number, (change, wanted) in enumerate(cases):
			with self.subTest(change=change):
				self.save(make_order(str(number)))
				name = self.get_order(str(number)).name
				lifecycle.move_orders([name], "To Print", "test")
				self.save(make_order(str(number), 1, receiver=RECEIVER.model_copy(update=change)))
				self.assertEqual(self.get_order(str(number)).stop_reasons or "", wanted)


RECEIVER = make_order().receiver


class TestLines(ChangedOrders):
	def test_line_keeps_its_name_wherever_it_stands(self) -> None:
		first = make_line(platform_line_no="1", title="A")
		second = make_line(platform_line_no="2", title="B")
		self.save(make_order(lines=[first, second]))
		before = {row.title: row.name for row in self.get_order().items}
		self.save(make_order(minutes=1, lines=[second, first]))
		rows = self.get_order().items
		self.assertEqual([(row.title, row.idx) for row in rows], [("B", 1), ("A", 2)])
		self.assertEqual({row.title: row.name for row in rows}, before)
		self.save(make_order(minutes=2, lines=[first]))
		self.assertEqual([row.name for row in self.get_order().items], [before["A"]])

	def test_sku_that_a_person_set_stays_while_the_goods_are_the_same(self) -> None:
		line = make_line(platform_line_no="1", sku_code="UNKNOWN")
		self.save(make_order(lines=[line]))
		row = self.get_order().items[0]
		frappe.db.set_value("Order Item", row.name, "sku", SKU)
		self.save(make_order(minutes=1, lines=[line], seller_memo="x"))
		order = self.get_order()
		self.assertEqual((order.items[0].sku, order.status, order.hold_reasons), (SKU, "To Review", ""))
		other = make_line(platform_line_no="1", sku_code="OTHER")
		self.save(make_order(minutes=2, lines=[other]))
		self.assertFalse(self.get_order().items[0].sku)

	def test_gifts_of_ours_stay(self) -> None:
		self.save(make_order())
		order = self.get_order()
		gift = order.append("items", {"sku": create_sku().name, "title": "Gift", "qty": 1, "is_gift": 1})
		order.save()
		self.save(make_order(minutes=1, lines=[make_line(title="New", platform_line_no="5")]))
		rows = self.get_order().items
		self.assertEqual([(row.title, row.is_gift) for row in rows], [("New", 0), ("Gift", 1)])
		self.assertEqual(rows[1].name, gift.name)

	def test_refund_known_from_a_case_survives_a_copy_that_tells_none(self) -> None:
		told = make_line(platform_line_no="1", refund_status="Requested")
		silent = make_line(platform_line_no="1")
		for number, has_case, wanted in (("1", True, "Requested"), ("2", False, "")):
			self.save(make_order(number, lines=[told]))
			name = self.get_order(number).name
			if has_case:
				create_after_sale_case(name, platform_case_no="R1")
			self.save(make_order(number, 1, lines=[silent]))
			order = self.get_order(number)
			self.assertEqual(order.items[0].refund_status or "", wanted)
			self.assertEqual(order.status, "On Hold" if has_case else "To Review")

	def test_tied_lines_still_tell_of_refunds(self) -> None:
		self.start(lines=[make_line(platform_line_no="1")])
		row = self.get_order().items[0]
		frappe.db.set_value("Order Item", row.name, "reserved_qty", 1)
		changed = make_line(platform_line_no="1", qty=2, amount="59.80", refund_status="Requested")
		self.save(make_order(minutes=1, lines=[changed]))
		order = self.get_order()
		self.assertEqual((order.items[0].qty, order.items[0].refund_status), (1, "Requested"))
		self.assertEqual(order.stop_reasons, "items_changed,refund_requested")
		self.assertEqual(order.sku_summary, f"{SKU}×1")

	def test_copy_without_lines_keeps_them(self) -> None:
		self.save(make_order())
		bare = make_order(minutes=1).model_copy(update={"lines": []})
		self.save(bare)
		order = self.get_order()
		self.assertEqual((len(order.items), order.item_count, order.total_qty), (1, 1, 2))
		self.assertEqual(Decimal(str(order.items[0].amount)), Decimal("59.80"))
