"""Orders that wait for a match go on by themselves once it is made."""

from unittest.mock import patch

import frappe

from storegroup_oms.catalog import matching
from storegroup_oms.orders import intake, lifecycle, waiting_lines
from storegroup_oms.orders.test_intake import make_line, make_order
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_shop, create_sku, make_suffix


class TestWaitingLines(IntegrationTest):
	def setUp(self) -> None:
		super().setUp()
		self.shop = create_shop().name
		self.code = f"C-{make_suffix()}"
		self.told: list[dict] = []
		patcher = patch.object(waiting_lines, "enqueue_fill", lambda **names: self.told.append(names))
		patcher.start()
		self.addCleanup(patcher.stop)

	def save(self, number: str, *lines, **values) -> str:
		return intake.save_orders(self.shop, [make_order(number, lines=list(lines), **values)], "Pull").names[
			number
		]

	def fill(self) -> int:
		"""What the background does with all that was told so far."""
		told, self.told = self.told, []
		with patch.object(frappe.db, "commit"):
			return sum(waiting_lines.run_fill(**names) for names in told)

	def read(self, name: str) -> tuple:
		return frappe.db.get_value("Order", name, ["status", "hold_reasons", "review_state"])

	def test_match_by_a_person_releases_the_order(self) -> None:
		line = make_line(platform_item_id="7", sku_code="")
		name = self.save("1", line)
		self.assertEqual(self.read(name), ("On Hold", "listing_unmatched", "Held"))
		listing = frappe.get_doc("Listing", {"shop": self.shop})
		sku = create_sku().name
		listing.sku = sku
		listing.save()
		self.told = [names for names in self.told if names["listings"]]
		self.assertEqual(self.told, [{"listings": [listing.name], "codes": []}])
		self.assertEqual(self.fill(), 1)
		self.assertEqual(self.read(name), ("To Review", "", "Pending Review"))
		order = frappe.get_doc("Order", name)
		self.assertEqual((order.items[0].sku, order.sku_summary), (sku, f"{sku}×1"))
		events = frappe.get_all(
			"Order Event",
			{"order": name, "source": "Listing matched"},
			["event", "from_status", "to_status"],
			order_by="event",
		)
		self.assertEqual(
			[(row.event, row.from_status, row.to_status) for row in events],
			[("Lines matched to SKUs", None, None), ("Status changed", "On Hold", "To Review")],
		)

	def test_order_waits_for_all_its_lines_and_for_other_holds(self) -> None:
		known = make_line(platform_line_no="1", sku_code=self.code)
		unknown = make_line(platform_line_no="2", sku_code="")
		half = self.save("1", known, unknown)
		locked = self.save("2", known, hold_reasons=("platform_locked",))
		create_sku(self.code)
		self.assertEqual(self.fill(), 2)
		self.assertEqual(self.read(half)[:2], ("On Hold", "listing_unmatched"))
		self.assertEqual(self.read(locked)[:2], ("On Hold", "platform_locked"))
		self.assertEqual(frappe.db.get_value("Order Item", {"parent": half, "idx": 1}, "sku"), self.code)

	def test_new_sku_reaches_listings_and_lines_without_one(self) -> None:
		listed = self.save("1", make_line(platform_item_id="7", sku_code=self.code))
		bare = self.save("2", make_line(sku_code=self.code.lower()))
		create_sku(self.code)
		self.assertEqual(self.fill(), 2)
		for name in (listed, bare):
			self.assertEqual(self.read(name)[:2], ("To Review", ""))

	def test_orders_past_their_review_are_left_alone(self) -> None:
		name = self.save("1", make_line(sku_code=self.code))
		lifecycle.move_orders([name], "To Print", "test")
		create_sku(self.code)
		self.assertEqual(self.fill(), 0)
		self.assertIsNone(frappe.db.get_value("Order Item", {"parent": name}, "sku"))

	def test_safety_net_finds_what_nobody_told(self) -> None:
		name = self.save("1", make_line(platform_item_id="7", sku_code=self.code))
		with patch.object(matching, "match_new_sku"):
			create_sku(self.code)
		self.told = []
		with patch.object(frappe.db, "commit"):
			self.assertEqual(waiting_lines.run_rematch(), 1)
			self.assertEqual(waiting_lines.run_rematch(), 0)
		self.assertEqual(self.read(name)[:2], ("To Review", ""))
