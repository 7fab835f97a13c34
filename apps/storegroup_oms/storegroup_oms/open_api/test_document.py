"""The OpenAPI document is valid and current, and its examples are what the code takes and answers."""

import copy
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import frappe
from click.testing import CliRunner
from openapi_spec_validator import validate

from storegroup_oms.commands import write_openapi
from storegroup_oms.open_api import document, models, operations
from storegroup_oms.tests import factories
from storegroup_oms.tests.api_calls import BY_NAME, ApiTest
from storegroup_oms.tests.compat import UnitTest

DOCS = Path(__file__).resolve().parents[4] / "docs"


class TestDocument(UnitTest):
	def test_it_is_valid(self):
		validate(json.loads(document.dump()))

	def test_an_invalid_one_would_be_found(self):
		broken = copy.deepcopy(document.make_document())
		del broken["info"]["version"]
		with self.assertRaises(Exception) as caught:
			validate(broken)
		self.assertIn("version", str(caught.exception))

	def test_the_committed_file_is_current(self):
		path = DOCS / "api" / "openapi.json"
		self.assertEqual(
			path.read_text(encoding="utf-8"),
			document.dump(),
			"write it anew: bench write-openapi docs/api/openapi.json",
		)

	def test_the_command_writes_it(self):
		with TemporaryDirectory() as folder:
			path = Path(folder) / "openapi.json"
			result = CliRunner().invoke(write_openapi, [str(path)])
			self.assertEqual((result.exit_code, path.read_text(encoding="utf-8")), (0, document.dump()))

	def test_each_endpoint_is_described_and_each_description_is_an_endpoint(self):
		from storegroup_oms.api.v1 import orders

		described = {operation.path.rpartition(".")[2] for operation in operations.OPERATIONS}
		whitelisted = {
			function.__name__
			for function in frappe.whitelisted
			if getattr(function, "__module__", "") == orders.__name__
		}
		self.assertEqual(described, whitelisted)

	def test_examples_of_messages_fit_their_models(self):
		for model, example in operations.MESSAGE_EXAMPLES.items():
			model.model_validate(example)

	def test_the_guides_show_each_endpoint_and_the_real_example(self):
		example = json.dumps({"orders": [operations.EXAMPLE_ORDER]}, ensure_ascii=False, indent=2)
		for name in ("api.md", "api.zh-CN.md"):
			text = (DOCS / name).read_text(encoding="utf-8")
			self.assertIn(example, text, name)
			for operation in operations.OPERATIONS:
				self.assertIn(operation.path, text, name)
			for header in document.MESSAGE_HEADERS:
				self.assertIn(header, text, name)


class TestExamples(ApiTest):
	def test_examples_run_in_their_order(self):
		frappe.set_user("Administrator")
		shop = factories.create_shop("Manual", shop_name="Example Shop").name
		user = factories.create_user(["OMS Integration"], shops=[shop]).name
		frappe.set_user(user)
		for name in ("create_orders", "list_orders", "get_order", "get_order_events", "cancel_order"):
			operation = BY_NAME[name]
			answer = self.ask(name, **copy.deepcopy(operation.example))
			with self.subTest(name):
				operation.answer.model_validate(answer)
			if name == "create_orders":
				self.assertEqual((answer["created"], answer["failed"]), (1, 0))
		order = frappe.get_last_doc("Order", filters={"shop": shop})
		self.assertEqual((order.status, order.closed_reason), ("Closed", "Buyer Cancelled"))

	def test_the_document_is_for_readers_of_orders(self):
		from storegroup_oms.api.v1 import openapi

		self.assertEqual(json.loads(openapi.get_document().get_data(as_text=True))["openapi"], "3.1.0")
		frappe.set_user("Administrator")
		frappe.set_user(factories.create_user([]).name)
		self.assertRaises(frappe.PermissionError, openapi.get_document)

	def test_models_name_every_status(self):
		from storegroup_oms.orders.lifecycle import STATUSES

		schema = models.Order.model_json_schema()
		self.assertEqual(schema["properties"]["status"]["enum"], list(STATUSES))
