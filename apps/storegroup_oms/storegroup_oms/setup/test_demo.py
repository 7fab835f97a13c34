"""The demo company: loads once, and its figures agree with each other."""

from pathlib import Path
from unittest import skipUnless
from unittest.mock import patch

import frappe

from storegroup_oms.setup import demo
from storegroup_oms.tests.compat import IntegrationTest

FOLDER = Path(frappe.get_app_path("storegroup_oms")).parents[2] / "fixtures" / "company"

# Each finds rows that contradict others; none may.
CONTRADICTIONS = {
	"order against its own amounts": """SELECT name FROM `tabOrder`
		WHERE total_amount <> goods_amount - discount_amount + freight_amount""",
	"order against its lines": """SELECT o.name FROM `tabOrder` o JOIN `tabOrder Item` i ON i.parent = o.name
		GROUP BY o.name, o.goods_amount, o.discount_amount
		HAVING SUM(i.amount) <> o.goods_amount - o.discount_amount""",
	"raw contact on an order": """SELECT name FROM `tabOrder` WHERE receiver_name NOT LIKE '%%*%%'
		OR receiver_mobile NOT LIKE '%%*%%' OR address NOT LIKE '%%*%%'""",
	"balance against its ledger": """SELECT b.name FROM `tabStock Balance` b JOIN (
		SELECT sku, warehouse, SUM(qty_change) moved, SUM(reserved_change) held FROM `tabStock Ledger`
		GROUP BY sku, warehouse) l ON l.sku = b.sku AND l.warehouse = b.warehouse
		WHERE b.on_hand <> l.moved OR b.reserved <> l.held
		OR b.available <> b.on_hand - b.reserved - b.blocked - b.safety_stock""",
	"balance against its reservations": """SELECT b.name FROM `tabStock Balance` b LEFT JOIN (
		SELECT sku, warehouse, SUM(qty) held FROM `tabStock Reservation` WHERE status = 'Open'
		GROUP BY sku, warehouse) r ON r.sku = b.sku AND r.warehouse = b.warehouse
		WHERE b.reserved <> IFNULL(r.held, 0)""",
	"stock below nothing": """SELECT name FROM `tabStock Ledger` WHERE on_hand_after < 0 OR reserved_after < 0""",
	"customer against its orders": """SELECT c.name FROM `tabCustomer` c JOIN (
		SELECT customer, COUNT(*) n, SUM(paid_amount) paid, MIN(ordered_at) first_at, MAX(ordered_at) last_at
		FROM `tabOrder` GROUP BY customer) o ON o.customer = c.name
		WHERE c.order_count <> o.n OR c.total_paid <> o.paid
		OR c.first_order_at <> o.first_at OR c.last_order_at <> o.last_at""",
	"case above what was paid": """SELECT c.name FROM `tabAfter-sale Case` c JOIN `tabOrder` o ON o.name = c.`order`
		WHERE c.amount > o.paid_amount""",
	"parcel against its reservations": """SELECT i.order_item FROM `tabShipment Item` i
		JOIN `tabShipment` s ON s.name = i.parent AND s.status IN ('To Print', 'Printed', 'Picked', 'Verified')
		GROUP BY i.order_item, i.sku HAVING SUM(i.qty) <> (SELECT IFNULL(SUM(r.qty), 0) FROM `tabStock Reservation` r
		WHERE r.order_item = i.order_item AND r.sku = i.sku AND r.status = 'Open')""",
	"parcel that left without a number": """SELECT name FROM `tabShipment`
		WHERE shipped_at IS NOT NULL AND waybill_no IS NULL""",
}
COUNTED = (
	"Order",
	"Order Event",
	"Customer",
	"SKU",
	"Shop",
	"Stock Ledger",
	"Shipment",
	"Task",
	"User Permission",
)


@skipUnless(FOLDER.exists(), "the demo company stands beside the app only in its own repository")
class TestDemoCompany(IntegrationTest):
	def load(self) -> dict[str, int]:
		with patch.object(frappe.db, "commit"):
			return demo.load(str(FOLDER), frappe.generate_hash(length=20))

	def test_loads_once_without_contradictions(self):
		before = frappe.db.count("Order")

		self.assertEqual(self.load(), {"orders": 520})

		self.assertEqual(frappe.db.count("Order"), before + 520)
		for what, query in CONTRADICTIONS.items():
			with self.subTest(what):
				self.assertEqual(frappe.db.sql(query.replace("%%", "%")), ())
		for field in ("ordered_at", "paid_at", "reviewed_at", "shipped_at", "delivered_at", "closed_at"):
			with self.subTest(field):
				self.assertEqual(frappe.db.count("Order", {field: [">", frappe.utils.now()]}), 0)

		counts = {doctype: frappe.db.count(doctype) for doctype in COUNTED}
		self.assertEqual(self.load(), {"orders": 0})
		self.assertEqual({doctype: frappe.db.count(doctype) for doctype in COUNTED}, counts)
