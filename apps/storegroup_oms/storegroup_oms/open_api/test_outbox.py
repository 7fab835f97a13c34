"""What is told to whom: one row per event and endpoint, in the event's transaction, without personal data."""

import json
from unittest.mock import patch

import frappe

from storegroup_oms.open_api import models, outbox
from storegroup_oms.orders import lifecycle
from storegroup_oms.orders.events import record_events
from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest


class OutboxTest(IntegrationTest):
	def setUp(self) -> None:
		super().setUp()
		frappe.db.set_value("Webhook Endpoint", {"name": ["!=", ""]}, "is_enabled", 0)
		outbox.forget_endpoints()
		self.enqueued = self.enterContext(patch.object(frappe, "enqueue"))

	def get_deliveries(self, **filters) -> list:
		return frappe.get_all("Webhook Delivery", filters=filters, fields=["*"], order_by="name asc")


class TestOutbox(OutboxTest):
	def test_without_an_endpoint_nothing_is_asked_or_written(self):
		outbox.get_endpoints()
		order = factories.create_order()
		before = frappe.db.count("Webhook Delivery")
		with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as sql:
			record_events([{"order": order.name, "event": "Order held", "source": "test"}])
		self.assertEqual(sql.call_count, 1, "the timeline's own insert")
		self.assertEqual(frappe.db.count("Webhook Delivery"), before)
		jobs = [call.args[0] for call in self.enqueued.call_args_list]
		self.assertNotIn("storegroup_oms.open_api.delivery.send_due", jobs)

	def test_a_new_and_a_moved_order(self):
		endpoint = factories.create_webhook_endpoint().name
		order = factories.create_order()
		lifecycle.move_orders([order.name], "On Hold", "a rule")

		created, moved = self.get_deliveries(endpoint=endpoint, reference_name=order.name)

		payloads = [json.loads(row.payload) for row in (created, moved)]
		for payload, row in zip(payloads, (created, moved), strict=True):
			models.OrderMessage.model_validate(payload)
			self.assertEqual((row.status, row.attempts, row.shop), ("Waiting", 0, order.shop))
			self.assertEqual((row.event, row.event_id), (payload["event"], payload["id"]))
		self.assertEqual([row["event"] for row in payloads], ["order.created", "order.status_changed"])
		self.assertEqual((payloads[1]["from_status"], payloads[1]["to_status"]), ("To Review", "On Hold"))
		self.assertEqual(payloads[1]["order"]["status"], "On Hold")
		for raw in (*factories.RECEIVER.values(), order.receiver_name):
			self.assertNotIn(raw, created.payload)
		self.assertTrue(frappe.db.exists("Order Event", moved.event_id))
		self.enqueued.assert_called_with(
			"storegroup_oms.open_api.delivery.send_due",
			queue="short",
			job_id="oms_webhooks",
			deduplicate=True,
			enqueue_after_commit=True,
		)

	def test_each_endpoint_gets_what_it_wants(self):
		shop = factories.create_shop().name
		everything = factories.create_webhook_endpoint().name
		moves = factories.create_webhook_endpoint(events=["order.status_changed"]).name
		own = factories.create_webhook_endpoint(shops=[shop]).name
		off = factories.create_webhook_endpoint(is_enabled=0).name
		orders = [factories.create_order(shop=shop).name, factories.create_order().name]
		lifecycle.move_orders(orders, "On Hold", "a rule")

		told = {
			endpoint: sorted(
				(row.reference_name, row.event)
				for row in self.get_deliveries(endpoint=endpoint, reference_name=["in", orders])
			)
			for endpoint in (everything, moves, own, off)
		}

		both = ("order.created", "order.status_changed")
		self.assertEqual(told[everything], sorted((order, event) for order in orders for event in both))
		self.assertEqual(told[moves], sorted((order, "order.status_changed") for order in orders))
		self.assertEqual(told[own], [(orders[0], event) for event in both])
		self.assertEqual(told[off], [])

	def test_the_same_event_is_one_row(self):
		endpoint = factories.create_webhook_endpoint().name
		order = factories.create_order()
		row = frappe.get_last_doc("Order Event", filters={"order": order.name}).as_dict()

		outbox.write_order_deliveries([row])

		self.assertEqual(len(self.get_deliveries(endpoint=endpoint, reference_name=order.name)), 1)

	def test_a_batch_costs_the_same_whatever_its_size(self):
		factories.create_webhook_endpoint()
		names = [factories.create_order().name for _number in range(4)]
		outbox.get_endpoints()
		costs = []
		for orders in (names[:1], names):
			rows = [{"order": name, "event": "Order held", "source": "test"} for name in orders]
			with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as sql:
				record_events(rows)
			costs.append(sql.call_count)
		self.assertEqual(costs[0], costs[1])

	def test_what_is_rolled_back_is_not_told(self):
		endpoint = factories.create_webhook_endpoint().name
		order = factories.create_order()
		frappe.db.savepoint("untold")
		lifecycle.move_orders([order.name], "On Hold", "a rule")
		frappe.db.rollback(save_point="untold")
		self.assertEqual(
			[row.event for row in self.get_deliveries(endpoint=endpoint, reference_name=order.name)],
			["order.created"],
		)

	def test_shipments_are_told_when_made_and_moved(self):
		endpoint = factories.create_webhook_endpoint(events=["shipment.created", "shipment.status_changed"])
		shipment = factories.create_shipment()
		shipment.status = "Printed"
		shipment.save()
		shipment.save()
		frappe.db.set_value("Shipment", shipment.name, "status", "Picked")
		outbox.write_shipment_deliveries([(shipment.name, "Printed")])

		rows = self.get_deliveries(endpoint=endpoint.name, reference_name=shipment.name)

		payloads = [json.loads(row.payload) for row in rows]
		for payload in payloads:
			models.ShipmentMessage.model_validate(payload)
		self.assertEqual(
			[(row["event"], row["from_status"], row["to_status"]) for row in payloads],
			[
				("shipment.created", None, "To Print"),
				("shipment.status_changed", "To Print", "Printed"),
				("shipment.status_changed", "Printed", "Picked"),
			],
		)
		self.assertEqual(payloads[0]["shipment"]["orders"][0]["order"], shipment.orders[0].order)
