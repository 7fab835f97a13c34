"""Calls of the open API in tests: in this transaction, or over the whole web stack with an API key."""

import copy
import json
import secrets
import threading
from typing import Any
from unittest.mock import patch

import frappe

from storegroup_oms.open_api.operations import EXAMPLE_ORDER, OPERATIONS
from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.scoped_rows import web_request

BY_NAME = {operation.name: operation for operation in OPERATIONS}


def make_order(shop: str, number: str | None = None, **values: Any) -> dict:
	"""The documented example order, of one shop and with a number of its own."""
	order = copy.deepcopy(EXAMPLE_ORDER)
	return {**order, "shop": shop, "platform_order_no": number or f"A{factories.make_suffix()}", **values}


class ApiTest(IntegrationTest):
	"""A shop, and a user of the role for other systems who serves it. Nothing is committed."""

	def setUp(self) -> None:
		super().setUp()
		self.enterContext(patch.object(frappe.db, "commit"))
		self.shop = factories.create_shop("Manual").name
		self.foreign_shop = factories.create_shop("Manual").name
		self.user = factories.create_user(["OMS Integration"], shops=[self.shop]).name
		frappe.set_user(self.user)

	def ask(self, operation_name: str, headers: dict[str, str] | None = None, /, **form: Any) -> Any:
		"""Call an operation as a web request does; returns its message."""
		from frappe.handler import execute_cmd

		operation = BY_NAME[operation_name]
		command = operation.path.removeprefix("/api/method/")
		values = frappe._dict(form, cmd=command)
		with web_request(operation.method.upper(), operation.path, values, headers):
			return execute_cmd(command)

	def push(self, *orders: dict, key: str = "") -> dict:
		return self.ask("create_orders", {"Idempotency-Key": key} if key else None, orders=list(orders))

	def count(self, doctype: str = "Order") -> int:
		return frappe.db.count(doctype)


def create_key(user: str) -> str:
	"""Give a user an API key; returns the Authorization header's value."""
	document = frappe.get_doc("User", user)
	document.api_key, document.api_secret = secrets.token_hex(8), secrets.token_hex(8)
	# A test's background exists whoever the test then logs in as.
	document.save(ignore_permissions=True)
	return f"token {document.api_key}:{document.get_password('api_secret')}"


def ask_over_http(
	site: str, method: str, path: str, body: dict | None = None, headers: dict[str, str] | None = None
) -> tuple[int, dict]:
	"""One request through Frappe's whole web stack, on a connection of its own; (status, answer). Commits."""
	from frappe.app import application
	from werkzeug.test import Client

	answers: list[tuple[int, dict]] = []

	def run() -> None:
		form = {"json": body} if method == "POST" else {"query_string": body or {}}
		answer = Client(application).open(
			path, method=method, headers={"X-Frappe-Site-Name": site, **(headers or {})}, **form
		)
		answers.append((answer.status_code, json.loads(answer.get_data(as_text=True) or "{}")))

	# A thread has its own frappe.local; the request would close this one's connection.
	thread = threading.Thread(target=run)
	thread.start()
	thread.join(60)
	return answers[0]


def remove_shop(shop: str) -> None:
	"""Delete a shop with its orders, whatever hangs on them, and commit."""
	orders = frappe.get_all("Order", filters={"shop": shop}, pluck="name", order_by="name asc")
	frappe.db.delete("Order Item", {"parent": ["in", orders or [""]]})
	for doctype in ("Order Receiver", "Order Event"):
		frappe.db.delete(doctype, {"order": ["in", orders or [""]]})
	frappe.db.delete("Webhook Delivery", {"shop": shop})
	frappe.db.delete("Order", {"shop": shop})
	frappe.db.delete("User Permission", {"for_value": shop})
	frappe.delete_doc("Shop", shop, force=True)
	frappe.db.commit()
