"""Every way into a record that Frappe offers refuses rows outside the scope and fields above the level."""

from unittest.mock import patch

import frappe

from storegroup_oms import doors
from storegroup_oms.orders import receivers
from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.scoped_rows import call, call_rest, set_role

COST = 7654.32
RAW = [factories.RECEIVER[field] for field in ("receiver_name", "receiver_mobile", "address")]
ROLES = (
	"OMS Customer Service",
	"OMS Order Clerk",
	"OMS Warehouse Staff",
	"OMS Finance",
	"OMS Manager",
	"OMS Administrator",
	"System Manager",
)


class DoorCase(IntegrationTest):
	"""A user of one shop, an order of that shop and one of another."""

	role = "OMS Customer Service"

	def setUp(self):
		super().setUp()
		self.shop = factories.create_shop().name
		self.user = factories.create_user([self.role], shops=[self.shop]).name
		self.customer = factories.create_customer().name
		self.own = factories.create_order(shop=self.shop, customer=self.customer).name
		self.foreign = factories.create_order(customer=self.customer).name
		frappe.db.set_value("Order", self.own, {"cost_amount": COST, "profit_amount": COST})
		frappe.db.set_value("Order Item", {"parent": self.own}, "unit_cost", COST)
		frappe.set_user(self.user)

	def become(self, role: str):
		frappe.set_user("Administrator")
		set_role(self.user, role)
		frappe.set_user(self.user)


class TestForeignDocument(DoorCase):
	def test_every_document_door_is_closed(self):
		name = self.foreign
		about = {"doctype": "Order", "name": name}
		reference = {"reference_doctype": "Order", "reference_name": name}
		save = frappe.as_json({**frappe.get_doc("Order", name).as_dict(), "seller_memo": "x"})
		doors_and_arguments = {
			"frappe.client.delete": about,
			"frappe.client.get": about,
			"frappe.client.save": {"doc": save},
			"frappe.client.set_value": {**about, "fieldname": "seller_memo", "value": "x"},
			"frappe.client.attach_file": {
				"filename": "x.txt",
				"filedata": "x",
				"doctype": "Order",
				"docname": name,
			},
			"frappe.client.insert": {"doc": {"doctype": "Comment", "comment_type": "Comment", **reference}},
			"frappe.core.doctype.communication.email.make": {
				"doctype": "Order",
				"name": name,
				"content": "x",
			},
			"frappe.desk.doctype.tag.tag.add_tag": {"tag": "x", "dt": "Order", "dn": name},
			"frappe.desk.doctype.tag.tag.add_tags": {"tags": '["x"]', "dt": "Order", "docs": f'["{name}"]'},
			"frappe.desk.doctype.tag.tag.remove_tag": {"tag": "x", "dt": "Order", "dn": name},
			"frappe.desk.form.assign_to.add": {**about, "assign_to": f'["{self.user}"]'},
			"frappe.desk.form.document_follow.follow_document": {
				"doctype": "Order",
				"doc_name": name,
				"user": self.user,
			},
			"frappe.desk.form.linked_with.get": {"doctype": "Order", "docname": name},
			"frappe.desk.form.load.get_communications": about,
			"frappe.desk.form.load.get_docinfo": about,
			"frappe.desk.form.load.getdoc": about,
			"frappe.desk.form.save.savedocs": {"doc": save, "action": "Save"},
			"frappe.desk.form.utils.add_comment": {
				**reference,
				"content": "x",
				"comment_email": self.user,
				"comment_by": "x",
			},
			"frappe.desk.like.toggle_like": {**about, "add": "Yes"},
			"frappe.desk.notifications.get_open_count": about,
			"frappe.model.workflow.apply_workflow": {"doc": save, "action": "Hold"},
			"frappe.model.workflow.get_transitions": {"doc": save},
			"frappe.realtime.can_subscribe_doc": {"doctype": "Order", "docname": name},
			"frappe.share.add": {**about, "user": self.user},
			"frappe.utils.print_format.download_pdf": about,
			"frappe.www.printview.get_html_and_style": {"doc": "Order", "name": name},
			"storegroup_oms.api.privacy.reveal_receiver": {"order": name, "reason": "asked"},
		}
		for command, arguments in doors_and_arguments.items():
			with self.subTest(command):
				if command == "frappe.desk.form.document_follow.follow_document":
					frappe.db.set_value("User", self.user, "document_follow_notify", 1)
					with patch("frappe.desk.form.document_follow.is_document_followed", return_value=False):
						self.assertRaises(frappe.PermissionError, doors.check_reference, self.make_follow())
					continue
				with self.assertRaises(frappe.PermissionError):
					call(command, **arguments)
		for method, form in (("GET", {}), ("PUT", {"data": '{"seller_memo": "x"}'}), ("DELETE", {})):
			with self.subTest(method), self.assertRaises(frappe.PermissionError):
				call_rest(method, f"Order/{name}", **form)
		for doctype in ("Comment", "ToDo", "Tag Link", "DocShare"):
			field = {"Comment": "reference_name", "ToDo": "reference_name", "Tag Link": "document_name"}
			rows = frappe.db.count(doctype, {field.get(doctype, "share_name"): name})
			self.assertEqual(rows, 0, f"{doctype} was written")
		self.assertFalse(frappe.db.get_value("Order", name, "seller_memo"))

	def make_follow(self):
		return frappe.get_doc(
			{
				"doctype": "Document Follow",
				"ref_doctype": "Order",
				"ref_docname": self.foreign,
				"user": self.user,
			}
		)

	def test_the_same_doors_open_for_own_orders(self):
		about = {"doctype": "Order", "name": self.own}
		for command, arguments in {
			"frappe.client.get": about,
			"frappe.client.set_value": {**about, "fieldname": "seller_memo", "value": "x"},
			"frappe.desk.doctype.tag.tag.add_tag": {"tag": "x", "dt": "Order", "dn": self.own},
			"frappe.desk.form.load.getdoc": about,
			"frappe.desk.like.toggle_like": {**about, "add": "Yes"},
			"frappe.www.printview.get_html_and_style": {"doc": "Order", "name": self.own},
		}.items():
			with self.subTest(command):
				call(command, **arguments)
		self.assertEqual(frappe.db.get_value("Order", self.own, "seller_memo"), "x")


class TestForeignRows(DoorCase):
	role = "OMS Manager"  # reads the widest, and exports

	def test_no_list_door_shows_foreign_rows(self):
		frappe.set_user("Administrator")
		frappe.db.set_value("Order", self.foreign, "_user_tags", ",late")
		frappe.db.set_value("Order", self.own, "_user_tags", ",late")
		for name in (self.own, self.foreign):
			frappe.get_doc(
				{"doctype": "Tag Link", "document_type": "Order", "document_name": name, "tag": "late"}
			).insert(ignore_links=True)
		frappe.set_user(self.user)
		both = frappe.as_json([["Order", "name", "in", [self.own, self.foreign]]])
		lines = frappe.as_json([["Order Item", "parent", "in", [self.own, self.foreign]]])
		export = {"doctype": "Order", "fields": '["name"]', "filters": both, "title": "x"}
		for command, arguments in {
			"frappe.client.get_list": {"doctype": "Order", "filters": both},
			"frappe.client.get_list#lines": {
				"doctype": "Order Item",
				"parent": "Order",
				"fields": '["parent"]',
				"filters": lines,
			},
			"frappe.desk.doctype.tag.tag.get_documents_for_tag": {"tag": "#late"},
			"frappe.desk.doctype.tag.tag.get_tagged_docs": {"doctype": "Order", "tag": "late"},
			"frappe.desk.form.linked_with.get": {"doctype": "Customer", "docname": self.customer},
			"frappe.desk.query_report.get_data_for_custom_field": {"doctype": "Order", "field": "shop"},
			"frappe.desk.reportview.export_query": {**export, "file_format_type": "CSV"},
			"frappe.desk.reportview.get": {"doctype": "Order", "fields": '["name"]', "filters": both},
			"frappe.desk.reportview.get_list": {"doctype": "Order", "fields": '["name"]', "filters": both},
			"frappe.desk.search.search_link": {"doctype": "Order", "txt": "SO-", "filters": both},
			"frappe.desk.search.search_link#unscoped": {
				"doctype": "Order",
				"txt": "SO-",
				"filters": both,
				"ignore_user_permissions": "1",
			},
			"frappe.desk.search.search_widget": {
				"doctype": "Order",
				"txt": "",
				"filters": both,
				"ignore_user_permissions": "1",
			},
		}.items():
			with self.subTest(command):
				answer = str(call(command.partition("#")[0], **arguments))
				self.assertIn(self.own, answer)
				self.assertNotIn(self.foreign, answer)
		answer = call_rest("GET", "Order", filters=both)
		self.assertIn(self.own, answer)
		self.assertNotIn(self.foreign, answer)
		for command in ("frappe.client.get_count", "frappe.desk.reportview.get_count"):
			with self.subTest(command):
				self.assertEqual(call(command, doctype="Order", filters=both).message, 1)

	def test_single_values_of_foreign_rows_are_empty(self):
		answer = call("frappe.client.get_value", doctype="Order", fieldname="shop", filters=self.foreign)
		self.assertEqual(answer.message, {})
		answer = call("frappe.client.validate_link", doctype="Order", docname=self.foreign, fields='["shop"]')
		self.assertNotIn("shop", answer.message)

	def test_global_search_is_filtered(self):
		found = [frappe._dict(doctype="Order", name=name, content="x") for name in (self.own, self.foreign)]
		with patch("frappe.utils.global_search.search", return_value=found):
			answer = doors.search_everywhere("x")
		self.assertEqual([row["name"] for row in answer], [self.own])
		hook = frappe.get_hooks("override_whitelisted_methods")["frappe.utils.global_search.search"]
		self.assertEqual(hook, ["storegroup_oms.doors.search_everywhere"])

	def test_counting_needs_the_right_to_read(self):
		self.assertRaises(frappe.PermissionError, call, "frappe.client.get_count", doctype="Order Receiver")


class TestLevels(DoorCase):
	"""Cost and profit stay hidden from roles of level 0, whichever way is tried."""

	def test_cost_is_nowhere_in_an_answer(self):
		name = self.own
		about = {"doctype": "Order", "name": name}
		in_list = {"doctype": "Order", "filters": f'{{"name": "{name}"}}'}
		for role in ("OMS Customer Service", "OMS Order Clerk"):
			self.become(role)
			for command, arguments in {
				"frappe.client.get": about,
				"frappe.client.get_list": {**in_list, "fields": '["*"]'},
				"frappe.client.get_list#named": {
					**in_list,
					"fields": '["name", "cost_amount", "profit_amount"]',
				},
				"frappe.client.get_list#lines": {**in_list, "fields": '["name", "items.unit_cost"]'},
				"frappe.client.get_list#sum": {**in_list, "fields": '["name", "sum(cost_amount) as total"]'},
				"frappe.client.get_value": {**in_list, "fieldname": '["name", "cost_amount"]'},
				"frappe.client.save": {"doc": self.change},
				"frappe.client.set_value": {**about, "fieldname": "seller_memo", "value": "x"},
				"frappe.desk.form.load.getdoc": about,
				"frappe.desk.form.save.savedocs": {"doc": self.change, "action": "Save"},
				"frappe.desk.reportview.get": {**in_list, "fields": '["name", "cost_amount"]'},
				"frappe.www.printview.get_html_and_style": {"doc": "Order", "name": name},
			}.items():
				with self.subTest(command, role=role):
					arguments = {
						key: value() if callable(value) else value for key, value in arguments.items()
					}
					answer = frappe.as_json(call(command.partition("#")[0], **arguments))
					self.assertNotIn(str(COST), answer)
					self.assertTrue(name in answer or "html" in answer)
			for method, form in (("GET", {}), ("PUT", {"data": '{"buyer_message": "z"}'})):
				with self.subTest(method, role=role):
					answer = call_rest(method, f"Order/{name}", **form)
					self.assertNotIn(str(COST), answer)
					self.assertIn(name, answer)
		stored = frappe.db.get_value("Order", name, ["cost_amount", "profit_amount"])
		self.assertEqual(stored, (COST, COST), "hidden values survive the saves")
		self.assertEqual(frappe.db.get_value("Order Item", {"parent": name}, "unit_cost"), COST)

	def change(self) -> str:
		"""The order as the form would send it, changed, without what the user doesn't see."""
		order = call("frappe.client.get", doctype="Order", name=self.own).message
		return frappe.as_json({**order, "seller_memo": factories.make_suffix()})

	def test_finance_reads_cost(self):
		self.become("OMS Finance")
		answer = call("frappe.client.get", doctype="Order", name=self.own).message
		self.assertEqual(answer["cost_amount"], COST)
		self.assertEqual(answer["items"][0]["unit_cost"], COST)

	def test_queries_by_hidden_fields_are_refused(self):
		condition = '[["cost_amount", ">", 5000]]'
		for command, arguments in {
			"frappe.client.get_count": {"filters": condition},
			"frappe.client.get_list": {"filters": condition},
			"frappe.client.get_list#or": {"or_filters": condition},
			"frappe.client.get_list#sort": {"order_by": "`tabOrder`.`profit_amount` desc"},
			"frappe.client.get_list#line": {"filters": '[["Order Item", "unit_cost", ">", 1]]'},
			"frappe.desk.listview.get_group_by_count": {"current_filters": "[]", "field": "cost_amount"},
			"frappe.desk.reportview.export_query": {
				"fields": '["name"]',
				"filters": condition,
				"file_format_type": "CSV",
			},
			"frappe.desk.reportview.get": {"fields": '["name"]', "filters": condition},
			"frappe.desk.reportview.get#group": {
				"fields": '["name"]',
				"group_by": "`tabOrder`.`cost_amount`",
			},
			"frappe.desk.reportview.get_stats": {"stats": '["cost_amount"]'},
			"frappe.desk.search.search_widget": {"txt": "", "filter_fields": '["cost_amount"]'},
			"frappe.desk.query_report.get_data_for_custom_field": {"field": "cost_amount"},
			"frappe.core.doctype.data_export.exporter.export_data": {"with_data": "1"},
		}.items():
			with self.subTest(command), self.assertRaises(frappe.PermissionError):
				call(command.partition("#")[0], doctype="Order", **arguments)
		with self.assertRaises(frappe.PermissionError):
			call_rest("GET", "Order", filters=condition)

	def test_finance_may_query_by_cost(self):
		self.become("OMS Finance")
		answer = call("frappe.client.get_list", doctype="Order", filters='[["cost_amount", ">", 5000]]')
		self.assertEqual([row.name for row in answer.message], [self.own])

	def test_chart_by_hidden_field_is_not_saved(self):
		card = {
			"doctype": "Number Card",
			"label": "x",
			"type": "Document Type",
			"document_type": "Order",
			"function": "Count",
			"filters_json": '[["Order", "profit_amount", ">", 1]]',
		}
		self.assertRaises(frappe.PermissionError, doors.check_saved_query, frappe.get_doc(card))
		self.assertIsNone(doors.check_saved_query(frappe.get_doc({**card, "filters_json": "[]"})))

	def test_change_log_holds_no_cost(self):
		frappe.set_user("Administrator")
		order = frappe.get_doc("Order", self.own)
		order.cost_amount, order.seller_memo = 1234.56, "seen"
		order.items[0].unit_cost = 1234.56
		order.save(ignore_version=False)
		versions = frappe.get_all(
			"Version",
			filters={"ref_doctype": "Order", "docname": self.own},
			pluck="data",
			order_by="creation asc",
		)
		self.assertIn("seller_memo", "".join(versions))
		self.assertNotIn("1,234.56", "".join(versions))
		self.assertNotIn("1234.56", "".join(versions))


class TestRawContacts(DoorCase):
	"""What was typed in raw is nowhere to be read but through a reveal, for any role."""

	def assert_masked(self, text: str):
		for raw in RAW:
			self.assertNotIn(raw, text)

	def test_no_door_shows_raw_contacts_to_any_role(self):
		name = self.own
		frappe.set_user("Administrator")
		shipment = factories.create_shipment([frappe.get_doc("Order", name)]).name
		in_list = {"doctype": "Order", "filters": f'{{"name": "{name}"}}', "fields": '["*"]'}
		export = {**in_list, "title": "x"}
		for role in ROLES:
			self.become(role)
			for command, arguments in {
				"frappe.client.get": {"doctype": "Order", "name": name},
				"frappe.client.get#receiver": {"doctype": "Order Receiver", "name": name},
				"frappe.client.get#parcel": {"doctype": "Shipment", "name": shipment},
				"frappe.client.get_list": in_list,
				"frappe.client.get_list#receivers": {**in_list, "doctype": "Order Receiver"},
				"frappe.client.get_list#events": {
					**in_list,
					"doctype": "Order Event",
					"filters": f'{{"order": "{name}"}}',
				},
				"frappe.desk.form.load.getdoc": {"doctype": "Order", "name": name},
				"frappe.desk.reportview.export_query": {**export, "file_format_type": "CSV"},
				"frappe.desk.reportview.export_query#xlsx": {**export, "file_format_type": "Excel"},
				"frappe.desk.search.search_widget": {"doctype": "Order", "txt": name},
				"frappe.www.printview.get_html_and_style": {"doc": "Order", "name": name},
			}.items():
				with self.subTest(command, role=role):
					try:
						answer = call(command.partition("#")[0], **arguments)
					except frappe.PermissionError:
						continue
					self.assert_masked(read_answer(answer))

	def test_raw_values_typed_later_are_masked_everywhere(self):
		frappe.set_user("Administrator")
		messages = []
		with patch("frappe.realtime.emit_via_redis", side_effect=lambda *args: messages.append(args)):
			order = frappe.get_doc("Order", self.own)
			order.update(
				{"receiver_name": "李雷雷", "receiver_mobile": "13987654321", "address": "中山路 1 号"}
			)
			order.save()
		tables = {"Version": "docname", "Comment": "reference_name", "Order Event": "order"}
		stored = [
			frappe.get_all(table, filters={field: self.own}, fields=["*"]) for table, field in tables.items()
		]
		stored.append(frappe.db.sql("SELECT * FROM `tabOrder` WHERE name = %s", self.own))
		stored.append(frappe.db.sql("SELECT * FROM `tabOrder Receiver` WHERE name = %s", self.own))
		text = f"{stored} {messages} {frappe.local.message_log}"
		for raw in ("李雷雷", "13987654321", "中山路 1 号"):
			self.assertNotIn(raw, text)
		self.assertEqual(receivers.get_receiver(self.own).mobile, "13987654321")

	def test_error_log_holds_no_raw_contacts(self):
		frappe.set_user("Administrator")
		with patch("storegroup_oms.orders.receivers.encrypt", side_effect=RuntimeError("no key")):
			try:
				factories.create_order(shop=self.shop)
			except RuntimeError:
				log = frappe.log_error("Order could not be stored")
		text = frappe.get_doc("Error Log", log.name).as_json()
		self.assertIn("no key", text)
		self.assert_masked(text)

	def test_receiver_tells_nothing_when_printed(self):
		self.assert_masked(repr(receivers.Receiver(*RAW)))


def read_answer(answer) -> str:
	"""All text of an answer, workbooks included."""
	content = answer.get("filecontent")
	if isinstance(content, bytes) and content[:2] == b"PK":
		from io import BytesIO

		from openpyxl import load_workbook

		return str([list(row) for row in load_workbook(BytesIO(content)).active.values])
	return str(content) + frappe.as_json(
		{key: value for key, value in answer.items() if key != "filecontent"}
	)
