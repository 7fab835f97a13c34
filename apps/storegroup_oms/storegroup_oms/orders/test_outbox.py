"""No-code hooks fire for orders written many at a time: each once, none lost, one that breaks stops no other."""

import subprocess
import sys
from contextlib import ExitStack
from functools import partial
from unittest.mock import patch

import frappe

from storegroup_oms.orders import buyers, intake, lifecycle, outbox
from storegroup_oms.orders.test_intake import SKU, make_line, make_order
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_shop, create_user, ensure_sku, make_suffix
from storegroup_oms.tests.races import remove_shop, run_together

NOTE = "frappe.get_doc({'doctype': 'ToDo', 'description': doc.name + ' %s'}).insert()"


class Outbox(IntegrationTest):
	"""Hooks run in transactions of their own, so these tests commit and clean up."""

	def setUp(self) -> None:
		super().setUp()
		self.made: list[tuple[str, str]] = []
		self.shop = create_shop().name
		ensure_sku(SKU)
		frappe.db.commit()
		self.addCleanup(self.remove)
		stack = ExitStack()
		# No worker listens on a test site.
		stack.enter_context(patch.object(buyers, "enqueue_refresh"))
		stack.enter_context(patch.object(outbox, "enqueue_work"))
		stack.enter_context(patch.dict(frappe.conf, server_script_enabled=1))
		self.addCleanup(stack.close)

	def remove(self) -> None:
		frappe.db.rollback()
		names = frappe.get_all("Order", {"shop": self.shop}, pluck="name", order_by="name")
		for doctype, name in reversed(self.made):
			frappe.delete_doc(doctype, name, force=True)
		for name in names:
			frappe.db.delete("ToDo", {"description": ("like", f"{name}%")})
			frappe.db.delete("ToDo", {"reference_name": name})
			frappe.db.delete("Notification Log", {"document_name": name})
			frappe.db.delete("Workflow Action", {"reference_name": name})
			frappe.db.delete("Comment", {"reference_name": name})
			frappe.db.delete("Error Log", {"reference_doctype": "Order Change"})
		frappe.db.delete("SKU", {"name": SKU})
		frappe.db.commit()
		remove_shop(self.shop)

	def hook(self, doctype: str, **values):
		document = frappe.get_doc({"doctype": doctype, **values}).insert()
		self.made.append((doctype, document.name))
		frappe.db.commit()
		return document

	def hook_script(self, event: str, script: str):
		return self.hook(
			"Server Script",
			__newname=f"Script {make_suffix()}",
			name=f"Script {make_suffix()}",
			script_type="DocType Event",
			reference_doctype="Order",
			doctype_event=event,
			script=script,
		)

	def save(self, *orders) -> list[str]:
		names = intake.save_orders(self.shop, orders, "Pull").names
		frappe.db.commit()
		return [names[order.platform_order_no] for order in orders]

	def read_notes(self, name: str) -> list[str]:
		rows = frappe.get_all(
			"ToDo", {"description": ("like", f"{name}%")}, pluck="description", order_by="name"
		)
		return sorted(row.removeprefix(f"{name} ") for row in rows)

	def read_changes(self, name: str) -> list[frappe._dict]:
		return frappe.get_all(
			"Order Change",
			{"order": name},
			["name", "change", "status", "attempts", "error_message", "due_at"],
			order_by="due_at",
		)


class TestRecord(Outbox):
	def test_a_process_that_has_told_nobody_before_can_record(self) -> None:
		"""A worker imports less of Frappe than a test run does."""
		code = (
			"import frappe; from storegroup_oms.orders import outbox; "
			f"frappe.init({frappe.local.site!r}, sites_path='.'); frappe.connect(); "
			"outbox.record_changes(['SO-1']); frappe.db.rollback()"
		)
		result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
		self.assertEqual((result.returncode, result.stderr), (0, ""))

	def test_nothing_is_written_while_nobody_listens(self) -> None:
		self.assertFalse(outbox.has_listeners())
		[name] = self.save(make_order())
		self.assertEqual(self.read_changes(name), [])
		script = self.hook_script("After Save", "pass")
		self.assertTrue(outbox.has_listeners())
		script.disabled = 1
		script.save()
		self.assertFalse(outbox.has_listeners())

	def test_other_apps_count(self) -> None:
		hooks = {"*": {"on_update": "x"}}
		for events, wanted in (
			(hooks, True),
			({"Order": {"on_trash": "x"}}, False),
			({("Order", "ToDo"): {"after_insert": "x"}}, True),
			({"ToDo": {"on_update": "x"}}, False),
		):
			with (
				self.subTest(events=events),
				patch.object(
					frappe, "get_installed_apps", return_value=["frappe", "storegroup_oms", "third"]
				),
				patch.object(frappe, "get_hooks", return_value=events),
			):
				self.assertEqual(outbox.has_listeners(), wanted)

	def test_open_lists_are_told_once_for_each_batch(self) -> None:
		with patch.object(frappe, "publish_realtime") as publish:
			self.save(make_order("1"), make_order("2"), make_order("3"))
		self.assertEqual([call.args[0] for call in publish.call_args_list], ["list_update", "orders_written"])
		self.assertTrue(all(call.kwargs["after_commit"] for call in publish.call_args_list))

	def test_unchanged_orders_leave_no_row(self) -> None:
		self.hook_script("After Save", "pass")
		[name] = self.save(make_order())
		self.save(make_order())
		self.assertEqual([row.change for row in self.read_changes(name)], ["Insert"])

	def test_rolled_back_batch_leaves_no_row(self) -> None:
		self.hook_script("After Save", "pass")
		intake.save_orders(self.shop, [make_order()], "Pull")
		frappe.db.rollback()
		self.assertEqual(frappe.db.count("Order Change"), 0)


class TestHooks(Outbox):
	def test_scripts_run_once_for_each_change_and_our_controller_not_again(self) -> None:
		self.hook_script("After Insert", NOTE % "inserted")
		self.hook_script("After Save", NOTE % "saved")
		[name] = self.save(make_order())
		self.assertEqual(self.read_notes(name), [])
		self.assertEqual(outbox.work_off(), 1)
		self.assertEqual(self.read_notes(name), ["inserted", "saved"])
		self.save(make_order(minutes=1, seller_memo="x"))
		self.assertEqual(outbox.work_off(), 1)
		self.assertEqual(self.read_notes(name), ["inserted", "saved", "saved"])
		self.assertEqual(outbox.work_off(), 0)
		self.assertEqual(self.read_changes(name), [])
		events = frappe.get_all("Order Event", {"order": name}, pluck="event", order_by="creation")
		self.assertEqual(sorted(events), ["Order changed by platform", "Order received"])

	def test_script_may_save_the_order_as_usual(self) -> None:
		self.hook_script("After Insert", "doc.tags = 'vip'\ndoc.save()")
		[name] = self.save(make_order())
		outbox.work_off()
		self.assertEqual(frappe.db.get_value("Order", name, "tags"), "vip")
		self.assertEqual(self.read_changes(name), [])

	def test_value_change_knows_the_value_before(self) -> None:
		user = create_user(["OMS Manager"])
		self.made.append(("User", user.name))
		self.hook(
			"Notification",
			name=f"Memo {make_suffix()}",
			__newname=f"Memo {make_suffix()}",
			enabled=1,
			channel="System Notification",
			document_type="Order",
			event="Value Change",
			value_changed="seller_memo",
			subject="{{ doc.get_doc_before_save().seller_memo }} to {{ doc.seller_memo }}",
			message="x",
			recipients=[{"receiver_by_role": "OMS Manager"}],
		)
		[name] = self.save(make_order(seller_memo="red"))
		self.save(make_order(minutes=1, seller_memo="blue"))
		self.save(make_order(minutes=2, seller_memo="blue", buyer_message="soon"))
		self.assertEqual(outbox.work_off(), 3)
		logs = frappe.get_all(
			"Notification Log",
			{"document_name": name, "for_user": user.name},
			pluck="subject",
			order_by="creation",
		)
		self.assertEqual(logs, ["red to blue"])

	def test_assignment_rule_assigns(self) -> None:
		user = create_user(["OMS Order Clerk"])
		self.made.append(("User", user.name))
		self.hook(
			"Assignment Rule",
			name=f"Rule {make_suffix()}",
			__newname=f"Rule {make_suffix()}",
			document_type="Order",
			description="x",
			assign_condition="status == 'On Hold'",
			unassign_condition="status == 'Closed'",
			close_condition="status == 'Completed'",
			rule="Round Robin",
			users=[{"user": user.name}],
			assignment_days=[
				{"day": day}
				for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
			],
		)
		free, held = self.save(make_order("1"), make_order("2", hold_reasons=("platform_locked",)))
		with patch.object(frappe, "sendmail"):
			outbox.work_off()
		rows = frappe.get_all(
			"ToDo",
			{"reference_type": "Order", "reference_name": ("in", (free, held))},
			["reference_name", "allocated_to"],
			order_by="name",
		)
		self.assertEqual([(row.reference_name, row.allocated_to) for row in rows], [(held, user.name)])

	def test_webhook_is_called_for_each_change(self) -> None:
		self.hook(
			"Webhook",
			name=f"Hook {make_suffix()}",
			__newname=f"Hook {make_suffix()}",
			webhook_doctype="Order",
			webhook_docevent="on_update",
			request_url="http://127.0.0.1:9/none",
			enabled=1,
			webhook_data=[{"fieldname": "name", "key": "name"}],
		)
		frappe.flags.webhooks = None
		self.addCleanup(frappe.flags.pop, "webhooks", None)
		self.save(make_order())
		self.save(make_order(minutes=1, seller_memo="x"))
		with patch.object(frappe, "enqueue") as enqueue:
			outbox.work_off()
		calls = [call for call in enqueue.call_args_list if "webhook" in call.kwargs]
		self.assertEqual([call.kwargs["doc"].seller_memo for call in calls], ["x", "x"])

	def test_moves_made_many_at_a_time_are_told_too(self) -> None:
		[name] = self.save(make_order())
		self.hook_script(
			"After Save",
			"before = doc.get_doc_before_save().status\n" + NOTE % "' + before + ' > ' + doc.status + '",
		)
		lifecycle.move_orders([name], "To Print", "test")
		frappe.db.commit()
		outbox.work_off()
		self.assertEqual(self.read_notes(name), ["To Review > To Print"])


class TestFailures(Outbox):
	BROKEN = NOTE % "half" + "\nif doc.platform_order_no == 'bad': frappe.throw('broken on purpose')"

	def test_broken_script_is_kept_with_its_error_and_stops_no_other(self) -> None:
		self.hook_script("After Insert", self.BROKEN)
		bad, good = self.save(make_order("bad"), make_order("good"))
		self.assertEqual(outbox.work_off(), 2)
		self.assertEqual((self.read_notes(bad), self.read_notes(good)), ([], ["half"]))
		[row] = self.read_changes(bad)
		self.assertEqual((row.status, row.attempts), ("Waiting", 1))
		self.assertIn("broken on purpose", row.error_message)
		self.assertGreater(row.due_at, frappe.utils.now_datetime())
		self.assertEqual(frappe.db.count("Error Log", {"reference_name": row.name}), 1)
		self.assertEqual(outbox.work_off(), 0)

	def test_it_is_tried_five_times_and_then_left_to_a_person(self) -> None:
		self.hook_script("After Insert", self.BROKEN)
		[bad] = self.save(make_order("bad"))
		for attempt in range(1, outbox.ATTEMPTS + 1):
			frappe.db.sql(
				"UPDATE `tabOrder Change` SET due_at = NOW() - INTERVAL 1 MINUTE WHERE `order` = %s", bad
			)
			frappe.db.commit()
			self.assertEqual(outbox.work_off(), 1)
			self.assertEqual(self.read_changes(bad)[0].attempts, attempt)
		self.assertEqual(self.read_changes(bad)[0].status, "Failed")
		frappe.db.sql(
			"UPDATE `tabOrder Change` SET due_at = NOW() - INTERVAL 1 MINUTE WHERE `order` = %s", bad
		)
		frappe.db.commit()
		self.assertEqual(outbox.work_off(), 0)

	def test_killed_worker_loses_nothing_and_repeats_nothing(self) -> None:
		self.hook_script("After Insert", NOTE % "told")
		first, second = self.save(make_order("1"), make_order("2"))
		real, calls = outbox.fire_hooks, []

		def die_at_second(*arguments) -> None:
			real(*arguments)
			calls.append(arguments)
			if len(calls) == 2:
				raise SystemExit

		with patch.object(outbox, "fire_hooks", die_at_second), self.assertRaises(SystemExit):
			outbox.work_off()
		frappe.db.rollback()
		self.assertEqual(len(self.read_changes(first)) + len(self.read_changes(second)), 1)
		self.assertEqual(outbox.work_off(), 1)
		self.assertEqual((self.read_notes(first), self.read_notes(second)), (["told"], ["told"]))

	def test_two_workers_tell_each_order_once(self) -> None:
		self.hook_script("After Insert", NOTE % "told")
		names = self.save(*(make_order(f"{number:03d}", lines=[make_line()]) for number in range(30)))
		done = run_together([partial(outbox.work_off)] * 2)
		frappe.db.rollback()
		self.assertEqual(sum(done), len(names))
		self.assertEqual([self.read_notes(name) for name in names], [["told"]] * len(names))
