"""Row scope: list and document say the same, for every DocType that belongs to a shop or a warehouse."""

import frappe

from storegroup_oms import permissions
from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.scoped_rows import create_rows, insert

READERS = ["OMS Manager"]


def log_in(user) -> None:
	frappe.set_user(user.name)


BY_WAREHOUSE = {
	"Warehouse",
	"Courier Lane",
	"Courier Claim",
	"Lane Figure",
	"Stock Alert",
	"Stock Balance",
	"Stock Drift",
	"Stock Figure",
	"Stock Batch Balance",
	"Stock Count",
	"Stock Count Line",
	"Stock Entry",
	"Stock Ledger",
	"Wave",
}
BY_BOTH = {
	"Gift Grant",
	"Routing Decision",
	"Ship Confirmation",
	"Stock Reservation",
	"Order",
	"Order Change",
	"Order Event",
	"Order Hold",
	"Order Receiver",
	"Shipment",
	"Tracking Event",
	"Parcel Alert",
	"Print Batch",
	"Waybill",
	"Customer",
}
STANDALONE = [
	doctype
	for doctype in permissions.SCOPES
	if doctype not in ("Tag Link", "Document Follow", "Workflow Action")
	and doctype not in ("Order Item", "Warehouse Region", "Shipment Order", "Shipment Item", "Shop Warehouse")
	and doctype
	not in (
		"After-sale Inspection",
		"Customer Identity",
		"Stock Entry Item",
		"Courier Claim Parcel",
		"Print Batch Parcel",
	)
	and not doctype.startswith("Waybill Account ")
]


class ScopeCase(IntegrationTest):
	"""Two shops, two warehouses, a row of everything in each."""

	def setUp(self):
		super().setUp()
		self.shop, self.other_shop = factories.create_shop().name, factories.create_shop().name
		self.warehouse = factories.create_warehouse().name
		self.other_warehouse = factories.create_warehouse().name

	def create_user(self, roles=READERS, shops=(), warehouses=()):
		"""System Manager besides, as only they read Order Receiver and the logs of Frappe."""
		return factories.create_user([*roles, "System Manager"], shops=shops, warehouses=warehouses)

	def is_listed(self, doctype: str, name: str) -> bool:
		return bool(frappe.get_list(doctype, filters={"name": name}, pluck="name"))

	def is_opened(self, doctype: str, name: str) -> bool:
		return frappe.get_doc(doctype, name).has_permission("read")


class TestBothDoors(ScopeCase):
	"""One fixture for all users, as building it is what takes the time."""

	def assert_scope(self, doctype: str, sees_foreign: bool):
		self.assertTrue(self.is_listed(doctype, self.own[doctype]), f"own {doctype} is not listed")
		self.assertTrue(self.is_opened(doctype, self.own[doctype]), f"own {doctype} does not open")
		self.assertEqual(self.is_listed(doctype, self.foreign[doctype]), sees_foreign, f"{doctype} list")
		self.assertEqual(self.is_opened(doctype, self.foreign[doctype]), sees_foreign, f"{doctype} document")

	def test_list_and_document_agree(self):
		self.own = create_rows(self.shop, self.warehouse)
		self.foreign = create_rows(self.other_shop, self.other_warehouse)
		self.assertEqual(sorted(self.own), sorted(STANDALONE), "the fixture covers every scoped DocType")
		insert("User Permission", user="Administrator", allow="Shop", for_value=self.shop)
		for_orders = self.create_user()
		insert(
			"User Permission",
			user=for_orders.name,
			allow="Shop",
			for_value=self.shop,
			apply_to_all_doctypes=0,
			applicable_for="Order",
		)
		hangs_on_orders = {
			"Order",
			"Order Change",
			"Order Event",
			"Order Hold",
			"Order Receiver",
			"Customer",
			"Gift Grant",
			"Routing Decision",
			"Ship Confirmation",
		}
		by_shop = set(STANDALONE) - BY_WAREHOUSE
		by_warehouse = BY_WAREHOUSE | BY_BOTH
		in_shop = self.create_user(shops=[self.shop]).name
		for label, user, narrowed in (
			("Administrator", "Administrator", set()),
			("nobody's shop", self.create_user().name, set()),
			("a shop", in_shop, by_shop),
			("a warehouse", self.create_user(warehouses=[self.warehouse]).name, by_warehouse),
			(
				"both",
				self.create_user(shops=[self.shop], warehouses=[self.warehouse]).name,
				by_shop | by_warehouse,
			),
			("a shop for orders only", for_orders.name, hangs_on_orders),
		):
			frappe.set_user(user)
			for doctype in STANDALONE:
				with self.subTest(doctype, user=label):
					self.assert_scope(doctype, sees_foreign=doctype not in narrowed)
		self.assert_child_rows(in_shop)
		self.assert_no_role()

	def assert_child_rows(self, user: str):
		frappe.set_user(user)
		for child, parent in (
			("Order Item", "Order"),
			("Shipment Order", "Shipment"),
			("Shipment Item", "Shipment"),
		):
			with self.subTest(child):
				parents = frappe.get_list(
					child,
					parent_doctype=parent,
					fields=["parent"],
					pluck="parent",
					limit=0,
					order_by="creation asc",
				)
				self.assertIn(self.own[parent], parents)
				self.assertNotIn(self.foreign[parent], parents)

	def assert_no_role(self):
		frappe.set_user("Administrator")
		nobody = factories.create_user(shops=[self.shop])
		for user in (nobody.name, "Guest"):
			frappe.set_user(user)
			for doctype in STANDALONE:
				with self.subTest(doctype, user=user):
					self.assertRaises(frappe.PermissionError, frappe.get_list, doctype)
					self.assertFalse(self.is_opened(doctype, self.own[doctype]))


class TestEdges(ScopeCase):
	def test_names_with_quotes_percents_and_braces(self):
		names = ("50%店", 'O\'Neill "x"', "100%s {0} {values}", "back\\slash%%")
		shops = [factories.create_shop(shop_name=f"{name} {factories.make_suffix()}").name for name in names]
		orders = {shop: factories.create_order(shop=shop).name for shop in shops}
		user = self.create_user()
		for shop in shops:
			with self.subTest(shop):
				frappe.set_user("Administrator")
				frappe.db.delete("User Permission", {"user": user.name})
				insert("User Permission", user=user.name, allow="Shop", for_value=shop)
				log_in(user)
				for doctype, field in (("Order", "name"), ("Order Event", "order")):
					rows = frappe.get_list(
						doctype, filters={field: ["in", list(orders.values())]}, pluck=field
					)
					self.assertEqual(set(rows), {orders[shop]}, doctype)
				opened = {order for order in orders.values() if self.is_opened("Order", order)}
				self.assertEqual(opened, {orders[shop]})

	def test_two_shops_add_up(self):
		orders = [factories.create_order(shop=shop).name for shop in (self.shop, self.other_shop)]
		log_in(self.create_user(shops=[self.shop, self.other_shop]))
		for order in orders:
			self.assertTrue(self.is_listed("Order", order) and self.is_opened("Order", order))

	def test_shop_and_warehouse_both_hold(self):
		inside = factories.create_order(shop=self.shop, warehouse=self.warehouse)
		elsewhere = factories.create_order(shop=self.shop, warehouse=self.other_warehouse)
		log_in(self.create_user(shops=[self.shop], warehouses=[self.warehouse]))
		self.assertTrue(self.is_listed("Order", inside.name) and self.is_opened("Order", inside.name))
		self.assertFalse(self.is_listed("Order", elsewhere.name) or self.is_opened("Order", elsewhere.name))

	def test_order_without_warehouse_is_outside_a_warehouse_scope(self):
		order = factories.create_order(shop=self.shop)
		log_in(self.create_user(warehouses=[self.warehouse]))
		self.assertFalse(self.is_listed("Order", order.name))
		self.assertFalse(self.is_opened("Order", order.name))

	def test_parcel_of_two_shops_is_seen_by_both(self):
		orders = [factories.create_order(shop=shop) for shop in (self.shop, self.other_shop)]
		shipment = factories.create_shipment(orders)
		third = factories.create_shop().name
		for shop, sees in ((self.shop, True), (self.other_shop, True), (third, False)):
			with self.subTest(shop):
				log_in(self.create_user(shops=[shop]))
				self.assertEqual(self.is_listed("Shipment", shipment.name), sees)
				self.assertEqual(self.is_opened("Shipment", shipment.name), sees)
				frappe.set_user("Administrator")

	def test_task_without_shop_is_everybodys_unless_it_is_about_a_foreign_record(self):
		foreign = factories.create_order(shop=self.other_shop)
		plain = factories.create_task()
		about = factories.create_task(reference_doctype="Order", reference_name=foreign.name)
		log_in(self.create_user(shops=[self.shop]))
		self.assertTrue(self.is_listed("Task", plain.name) and self.is_opened("Task", plain.name))
		self.assertFalse(self.is_listed("Task", about.name))
		self.assertFalse(self.is_opened("Task", about.name))

	def test_shared_document_is_an_exception_at_both_doors(self):
		order = factories.create_order(shop=self.other_shop)
		user = self.create_user(shops=[self.shop])
		frappe.share.add("Order", order.name, user.name)
		log_in(user)
		self.assertTrue(self.is_listed("Order", order.name))
		self.assertTrue(self.is_opened("Order", order.name))

	def test_conditions_ask_by_index(self):
		user = self.create_user(shops=[self.shop], warehouses=[self.warehouse])
		factories.create_order(shop=self.shop, warehouse=self.warehouse)
		for doctype in ("Order Event", "Tracking Event", "Customer", "Order Item", "Shipment"):
			with self.subTest(doctype):
				condition = permissions.get_scope_condition(doctype, user.name)
				plan = frappe.db.sql(
					f"EXPLAIN SELECT name FROM `tab{doctype}` WHERE {condition} LIMIT 20", as_dict=True
				)
				# Every table that the condition brings in is reached by a key.
				self.assertGreater(len(plan), 1)
				for step in plan:
					if step["table"] not in (f"tab{doctype}", None) and not step["table"].startswith("<"):
						self.assertTrue(step["possible_keys"] or step["key"], step)


class TestWrites(ScopeCase):
	def setUp(self):
		super().setUp()
		self.own = factories.create_order(shop=self.shop)
		self.foreign = factories.create_order(shop=self.other_shop)
		self.sku = factories.create_sku().name
		log_in(factories.create_user(["OMS Order Clerk"], shops=[self.shop]))

	def make_order(self, shop: str):
		return frappe.get_doc(
			{
				"doctype": "Order",
				"shop": shop,
				"items": [{"sku": self.sku, "qty": 1, "unit_price": 1, "title": "x"}],
			}
		)

	def test_order_is_created_in_own_shop_only(self):
		self.assertTrue(self.make_order(self.shop).insert().name)
		self.assertRaises(frappe.PermissionError, self.make_order(self.other_shop).insert)

	def test_order_is_not_moved_to_another_shop(self):
		order = frappe.get_doc("Order", self.own.name)
		order.shop = self.other_shop
		self.assertRaises(frappe.PermissionError, order.save)
		self.assertEqual(frappe.db.get_value("Order", self.own.name, "shop"), self.shop)

	def test_foreign_order_is_not_taken_by_claiming_another_shop(self):
		order = frappe.get_doc("Order", self.foreign.name)
		order.shop = self.shop
		self.assertRaises(frappe.PermissionError, order.save)
		self.assertEqual(frappe.db.get_value("Order", self.foreign.name, "shop"), self.other_shop)

	def test_records_are_not_attached_to_a_foreign_order(self):
		after_sale = {"doctype": "After-sale Case", "kind": "Refund", "reason": "x", "amount": 1}
		task = {"doctype": "Task", "subject": "x", "shop": self.shop, "reference_doctype": "Order"}
		warehouse = self.warehouse
		parcel = {"doctype": "Shipment", "warehouse": warehouse}
		for label, values, refused in (
			("case", {**after_sale, "order": self.own.name}, False),
			("case", {**after_sale, "order": self.foreign.name}, True),
			("case with own shop", {**after_sale, "order": self.foreign.name, "shop": self.shop}, True),
			("task", {**task, "reference_name": self.own.name}, False),
			("task", {**task, "reference_name": self.foreign.name}, True),
			("task without shop", {**task, "shop": None, "reference_name": self.foreign.name}, True),
			("parcel", {**parcel, "orders": [{"order": self.own.name}]}, False),
			("parcel", {**parcel, "orders": [{"order": self.foreign.name}]}, True),
			(
				"mixed parcel",
				{**parcel, "orders": [{"order": self.own.name}, {"order": self.foreign.name}]},
				True,
			),
		):
			with self.subTest(label, refused=refused):
				document = frappe.get_doc(values)
				if refused:
					self.assertRaises(frappe.PermissionError, document.insert)
				else:
					self.assertTrue(document.insert().name)

	def test_existing_record_is_not_pointed_at_a_foreign_order(self):
		task = frappe.get_doc({"doctype": "Task", "subject": "x"}).insert()
		task.update({"reference_doctype": "Order", "reference_name": self.foreign.name})
		self.assertRaises(frappe.PermissionError, task.save)
		order = frappe.get_doc("Order", self.own.name)
		order.merged_into = self.foreign.name
		self.assertRaises(frappe.PermissionError, order.save)

	def test_mixed_parcel_can_still_be_worked_on(self):
		frappe.set_user("Administrator")
		shipment = factories.create_shipment([self.own, self.foreign])
		log_in(factories.create_user(["OMS Warehouse Staff"], shops=[self.shop]))
		shipment = frappe.get_doc("Shipment", shipment.name)
		shipment.weight_g = 700
		shipment.save()
		self.assertEqual(frappe.db.get_value("Shipment", shipment.name, "weight_g"), 700)

	def test_line_of_a_foreign_order_is_not_pulled_over(self):
		line = self.foreign.items[0]
		forged = frappe.get_doc(
			{**line.as_dict(), "parent": self.own.name, "parenttype": "Order", "parentfield": "items"}
		)
		self.assertRaises(frappe.PermissionError, forged.save)
		self.assertEqual(frappe.db.get_value("Order Item", line.name, "parent"), self.foreign.name)

	def test_only_administrators_share(self):
		for doctype in ("Order", "Shipment", "Task", "Customer", "After-sale Case"):
			sharers = {row.role for row in frappe.get_meta(doctype).permissions if row.share}
			self.assertLessEqual(sharers, {"System Manager", "OMS Administrator"}, doctype)
		self.assertRaises(
			frappe.PermissionError, frappe.share.add, "Order", self.own.name, frappe.session.user, write=1
		)
