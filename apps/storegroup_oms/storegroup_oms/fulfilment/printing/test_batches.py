"""Print batches: each parcel printed once whoever asks, taken up again after a kill, the file as the batch says."""

from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.couriers.waybills import issuing
from storegroup_oms.fulfilment import allocation, courier_choice, parcel_rows, steps
from storegroup_oms.fulfilment.printing import batches, pages
from storegroup_oms.fulfilment.steps import Done
from storegroup_oms.tests.factories import create_order, create_sku, create_stock, create_user
from storegroup_oms.tests.fake_waybills import Killed, WaybillTest
from storegroup_oms.tests.races import run_together


class BatchCase(WaybillTest):
	"""Approved orders with their stock in parcels, a service for numbers; nothing is enqueued, tests call `run`."""

	def setUp(self) -> None:
		super().setUp()
		self.goods: list[str] = []
		for name in ("enqueue", "speak_for"):
			patcher = patch.object(batches, name, lambda value: None)
			patcher.start()
			self.addCleanup(patcher.stop)

	def remove(self) -> None:
		frappe.db.rollback()
		frappe.set_user("Administrator")
		names = frappe.get_all(
			"Print Batch", {"request_key": ("like", "%/test-%")}, pluck="name", order_by="name"
		)
		orders = frappe.get_all("Order", {"shop": self.shop}, pluck="name", order_by="name")
		for file in frappe.get_all(
			"File",
			{"attached_to_doctype": "Print Batch", "attached_to_name": ("in", names or [""])},
			pluck="name",
			order_by="name",
		):
			frappe.delete_doc("File", file, force=True)
		for doctype, filters in (
			("Print Batch Parcel", {"parent": ("in", names or [""])}),
			("Print Batch", {"name": ("in", names or [""])}),
			("Stock Ledger", {"sku": ("in", [self.sku, *self.goods])}),
			("Stock Reservation", {"sku": ("in", [self.sku, *self.goods])}),
			("Stock Balance", {"sku": ("in", [self.sku, *self.goods])}),
			("Routing Decision", {"order": ("in", orders or [""])}),
			("SKU", {"name": ("in", self.goods or [""])}),
		):
			frappe.db.delete(doctype, filters)
		frappe.db.commit()
		super().remove()

	def create_goods(self, place: str, **values) -> str:
		sku = create_sku(**values).name
		self.goods.append(sku)
		create_stock(sku, 100, self.warehouse)
		frappe.db.set_value("Stock Balance", {"sku": sku, "warehouse": self.warehouse}, "bin_location", place)
		return sku

	def pack(self, *goods: list[tuple[str, int]], **values) -> list[str]:
		"""One parcel for each list of (SKU, pieces)."""
		orders = [
			create_order(
				lines, shop=self.shop, status="To Print", receiver_mobile=f"1380000{number:04d}", **values
			)
			for number, lines in enumerate(goods)
		]
		allocation.allocate([order.name for order in orders])
		parcels = [parcel_rows.find_names([order.name])[0] for order in orders]
		for parcel in parcels:
			frappe.db.set_value("Shipment", parcel, "courier", self.courier)
		frappe.db.commit()
		return parcels

	def pack_alike(self, count: int) -> list[str]:
		sku = self.create_goods("A-1")
		return self.pack(*[[(sku, 1)]] * count)

	def ask(self, parcels: list[str], key: str = "", kind: str = "Labels", **values) -> str:
		name = batches.create(kind, parcels, f"test-{key or frappe.generate_hash(length=8)}", **values)
		frappe.db.commit()
		return name

	def print(self, parcels: list[str], **values) -> frappe._dict:
		name = self.ask(parcels, **values)
		batches.run(name)
		return self.read(name)

	def read(self, name: str) -> frappe._dict:
		"""The batch as stored, with `results`: {parcel: (status, print no, remark)}."""
		frappe.db.rollback()
		batch = frappe.db.get_value("Print Batch", name, "*", as_dict=True)
		batch.results = {
			row.shipment: (row.status, row.print_no, row.remark) for row in batches.read_rows(name)
		}
		return batch

	def get_file(self, batch: frappe._dict) -> bytes:
		name = frappe.db.get_value("File", {"attached_to_name": batch.name}, "name")
		return frappe.get_doc("File", name).get_content()

	def get_counts(self, parcels: list[str]) -> list[tuple[str, int]]:
		frappe.db.rollback()
		return [frappe.db.get_value("Shipment", parcel, ["status", "printed_count"]) for parcel in parcels]


class TestLabels(BatchCase):
	def test_one_file_holds_a_page_for_each_parcel(self):
		parcels = self.pack_alike(3)

		batch = self.print(parcels)

		self.assertEqual(
			(batch.status, batch.total, batch.printed, batch.refused, batch.pages), ("Completed", 3, 3, 0, 3)
		)
		self.assertEqual(batch.results, dict.fromkeys(parcels, ("Printed", 1, None)))
		self.assertEqual(self.get_counts(parcels), [("Printed", 1)] * 3)
		self.assertTrue(self.get_file(batch).startswith(b"%PDF"))
		self.assertEqual(frappe.db.get_value("File", {"attached_to_name": batch.name}, "is_private"), 1)

	def test_pages_come_in_pick_order(self):
		far, near, later = self.create_goods("B-2"), self.create_goods("A-10"), self.create_goods("A-2")
		both, last, first, second = self.pack([(near, 1), (far, 1)], [(far, 1)], [(later, 1)], [(near, 1)])

		name = self.ask([both, last, first, second])

		self.assertEqual([row.shipment for row in batches.read_rows(name)], [first, second, last, both])

	def test_one_bad_parcel_stops_no_other(self):
		parcels = self.pack_alike(4)
		good, bad, lacking, refunded = parcels
		self.service.bad.add(bad)
		frappe.db.set_value("Shipment", lacking, "courier", None)
		order = frappe.db.get_value("Shipment Order", {"parent": refunded}, "order")
		frappe.db.set_value("Order", order, "stop_reasons", "refund_requested")
		frappe.db.commit()
		rest = [name for name in parcels if name != lacking]

		# Which couriers there are is the site's business.
		chosen = Done(rest, {lacking: "没有快递可发"})
		with patch.object(courier_choice, "ensure_couriers", lambda names: chosen):
			batch = self.print(parcels)

		self.assertEqual((batch.status, batch.printed, batch.refused, batch.pages), ("Completed", 1, 3, 1))
		self.assertEqual(batch.results[good], ("Printed", 1, None))
		self.assertIn("地址错误", batch.results[bad][2])
		self.assertEqual(batch.results[lacking], ("Refused", 0, "没有快递可发"))
		self.assertIn("refund", batch.results[refunded][2])
		self.assertEqual(self.get_counts([bad, lacking, refunded]), [("To Print", 0)] * 3)

	def test_a_number_that_no_scanner_reads_is_not_printed(self):
		self.service.prefix = "运单"
		parcels = self.pack_alike(1)

		batch = self.print(parcels)

		self.assertEqual((batch.printed, batch.refused, batch.file), (0, 1, None))
		self.assertIn("barcode", batch.results[parcels[0]][2])
		self.assertEqual(self.get_counts(parcels), [("To Print", 0)])

	def test_a_fault_in_one_parcel_leaves_the_chunk_to_be_done_one_by_one(self):
		parcels = self.pack_alike(3)
		mark = steps.mark_printed

		def fail(names, **values):
			if parcels[1] in names:
				raise RuntimeError("broken row")
			return mark(names, **values)

		with patch.object(steps, "mark_printed", fail):
			batch = self.print(parcels)

		self.assertEqual(batch.results[parcels[1]][:2], ("Refused", 0))
		self.assertIn("broken row", batch.results[parcels[1]][2])
		self.assertEqual((batch.status, batch.printed, batch.refused), ("Completed", 2, 1))

	def test_a_page_that_cannot_be_drawn_goes_back_before_print(self):
		parcels = self.pack_alike(3)
		render = pages.render_labels

		def fail(labels, layout):
			if any(label.parcel == parcels[0] for label in labels):
				raise ValueError("no such glyph")
			return render(labels, layout)

		with patch.object(pages, "render_labels", fail):
			batch = self.print(parcels)

		self.assertEqual((batch.status, batch.printed, batch.refused, batch.pages), ("Completed", 2, 1, 2))
		self.assertEqual(batch.results[parcels[0]][0], "Refused")
		self.assertEqual(self.get_counts(parcels), [("To Print", 1), ("Printed", 1), ("Printed", 1)])

	def test_a_character_that_the_font_lacks_is_told(self):
		sku = self.create_goods("A-1", sku_name="T恤 𠀋\U0001f9e6")
		(parcel,) = self.pack([(sku, 1)])

		batch = self.print([parcel])

		self.assertEqual(batch.results[parcel][0], "Printed")
		self.assertIn("\U0001f9e6", batch.results[parcel][2])


class TestAgain(BatchCase):
	def test_a_second_click_is_the_same_batch(self):
		parcels = self.pack_alike(2)
		first, second = self.ask(parcels, key="one"), self.ask(parcels, key="one")

		batches.run(first)
		batches.run(second)

		self.assertEqual(first, second)
		self.assertEqual(len(self.read(first).results), 2)
		self.assertEqual(self.get_counts(parcels), [("Printed", 1)] * 2)

	def test_somebody_else_with_the_same_key_gets_a_batch_of_their_own(self):
		parcels = self.pack_alike(1)
		first = self.ask(parcels, key="one")
		user = create_user(["OMS Warehouse Staff"]).name
		frappe.db.commit()
		frappe.set_user(user)
		try:
			self.assertNotEqual(self.ask(parcels, key="one"), first)
		finally:
			frappe.set_user("Administrator")
			frappe.db.commit()

	def test_without_a_reason_nothing_is_printed_twice(self):
		parcels = self.pack_alike(2)
		self.print(parcels[:1])

		batch = self.print(parcels)

		self.assertEqual((batch.printed, batch.refused), (1, 1))
		self.assertIn("printed before", batch.results[parcels[0]][2])
		self.assertEqual(self.get_counts(parcels), [("Printed", 1)] * 2)

	def test_with_a_reason_it_is_and_the_timeline_says_why(self):
		parcels = self.pack_alike(1)
		self.print(parcels)

		batch = self.print(parcels, reason="卡纸")

		self.assertEqual((batch.printed, batch.results[parcels[0]]), (1, ("Printed", 2, None)))
		order = frappe.db.get_value("Shipment Order", {"parent": parcels[0]}, "order")
		details = frappe.db.get_value(
			"Order Event", {"order": order, "event": "Label printed again"}, "details"
		)
		self.assertEqual(frappe.parse_json(details)["reason"], "卡纸")

	def test_beyond_the_limit_it_takes_a_manager(self):
		parcels = self.pack_alike(1)
		frappe.db.set_single_value("OMS Settings", "reprint_limit", 1)
		user = create_user(["OMS Warehouse Staff"]).name
		frappe.db.commit()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_single_value, "OMS Settings", "reprint_limit", 3)
		for expected in ("Printed", "Printed", "Refused"):
			frappe.set_user(user)
			try:
				name = self.ask(parcels, reason="again")
				batches.run(name)
			finally:
				frappe.set_user("Administrator")
			self.assertEqual(self.read(name).results[parcels[0]][0], expected)

		self.assertEqual(self.print(parcels, reason="again").results[parcels[0]], ("Printed", 3, None))

	def test_two_at_once_print_each_parcel_once(self):
		parcels = self.pack_alike(4)
		names = [self.ask(parcels) for _number in range(2)]

		run_together([lambda name=name: batches.run(name) for name in names])

		self.assertEqual(self.get_counts(parcels), [("Printed", 1)] * 4)
		self.assertEqual(sum(self.read(name).printed for name in names), 4)
		self.assertEqual(len(self.service.issued), 4)

	def test_two_workers_at_one_batch_print_it_once(self):
		parcels = self.pack_alike(4)
		name = self.ask(parcels)

		run_together([lambda: batches.run(name)] * 2)

		batch = self.read(name)
		self.assertEqual((batch.status, batch.printed, batch.attempts), ("Completed", 4, 1))
		self.assertEqual(self.get_counts(parcels), [("Printed", 1)] * 4)


class TestKilled(BatchCase):
	def setUp(self) -> None:
		super().setUp()
		frappe.db.set_single_value("OMS Settings", "print_batch_size", 2)
		frappe.db.commit()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_single_value, "OMS Settings", "print_batch_size", 50)

	def kill(self, name: str, target: object, attribute: str, at_call: int) -> None:
		"""The worker dies instead of making this call for the nth time."""
		work, calls = getattr(target, attribute), []

		def die(*args, **values):
			calls.append(args)
			if len(calls) == at_call:
				raise Killed
			return work(*args, **values)

		with patch.object(target, attribute, die), self.assertRaises(Killed):
			batches.run(name)
		frappe.db.rollback()
		frappe.set_user("Administrator")

	def end_lease(self, name: str) -> None:
		past = add_to_date(now_datetime(), seconds=-2)
		frappe.db.set_value("Print Batch", name, "claimed_until", past)
		frappe.db.commit()
		self.expire_claims()

	def assert_taken_up(self, name: str, parcels: list[str]) -> None:
		batches.run(name)
		self.assertEqual(self.read(name).status, "Working", "while the lease lasts nobody takes it")
		self.end_lease(name)
		self.assertIn(name, batches.find_waiting())
		batches.run(name)

		batch = self.read(name)
		self.assertEqual(
			(batch.status, batch.printed, batch.pages), ("Completed", len(parcels), len(parcels))
		)
		self.assertEqual(self.get_counts(parcels), [("Printed", 1)] * len(parcels))
		self.assertEqual(len(self.service.issued), len(parcels))
		self.assertEqual({row[1] for row in batch.results.values()}, {1})

	def test_between_numbers_and_print(self):
		parcels = self.pack_alike(5)
		name = self.ask(parcels)

		self.kill(name, steps, "mark_printed", 2)

		self.assertEqual(sorted(self.get_counts(parcels)), [("Printed", 1)] * 2 + [("To Print", 0)] * 3)
		self.assert_taken_up(name, parcels)

	def test_while_the_service_is_asked(self):
		parcels = self.pack_alike(5)
		name = self.ask(parcels)

		self.kill(name, issuing, "ask_services", 3)

		self.assert_taken_up(name, parcels)

	def test_after_the_print_before_the_file(self):
		parcels = self.pack_alike(3)
		name = self.ask(parcels)

		self.kill(name, pages, "render_all", 1)

		self.assertEqual(self.get_counts(parcels), [("Printed", 1)] * 3)
		self.assert_taken_up(name, parcels)

	def test_a_worker_that_was_only_slow_writes_nothing_more(self):
		parcels = self.pack_alike(3)
		name = self.ask(parcels)
		ensure, calls = batches.ensure_waybills, []

		def be_slow(names, lines):
			calls.append(names)
			if len(calls) == 2:
				self.end_lease(name)
				batches.run(name)
			return ensure(names, lines)

		with patch.object(batches, "ensure_waybills", be_slow):
			batches.run(name)

		batch = self.read(name)
		self.assertEqual((batch.status, batch.printed, batch.attempts), ("Completed", 3, 2))
		self.assertEqual(self.get_counts(parcels), [("Printed", 1)] * 3)
		self.assertEqual(frappe.db.count("File", {"attached_to_name": name}), 1)

	def test_a_fault_of_ours_is_tried_three_times_and_then_told(self):
		parcels = self.pack_alike(1)
		name = self.ask(parcels)
		with patch.object(pages, "read_facts", side_effect=RuntimeError("no paper")):
			for _number in range(3):
				batches.run(name)
				self.end_lease(name) if self.read(name).status == "Working" else None

		batch = self.read(name)
		self.assertEqual(batch.status, "Failed")
		self.assertIn("no paper", batch.error)
		self.assertNotIn(name, batches.find_waiting())
		self.assertTrue(batches.reopen(name))
		frappe.db.commit()
		batches.run(name)
		self.assertEqual((self.read(name).status, self.get_counts(parcels)), ("Completed", [("Printed", 1)]))


class TestLists(BatchCase):
	def test_slips_and_pick_lists_need_no_number_and_move_nothing(self):
		parcels = self.pack_alike(3)
		for kind in ("Packing Slips", "Pick List"):
			batch = self.print(parcels, kind=kind)
			self.assertEqual((batch.status, batch.printed, batch.refused), ("Completed", 3, 0), kind)
			self.assertTrue(self.get_file(batch).startswith(b"%PDF"))
		self.assertEqual(self.get_counts(parcels), [("To Print", 0)] * 3)

	def test_goods_of_a_pick_list_stand_along_the_bins(self):
		far, near = self.create_goods("A-10"), self.create_goods("A-2")
		parcels = self.pack([(far, 2), (near, 1)], [(near, 3)])
		facts = pages.read_facts({name: place for place, name in enumerate(parcels, 1)})

		(pick_list,) = pages.make_pick_lists(facts, "PB-1")

		self.assertEqual(
			[(line.item.bin, line.item.qty, list(line.baskets)) for line in pick_list.lines],
			[("A-2", 4, [("#1", 1), ("#2", 3)]), ("A-10", 2, [("#1", 2)])],
		)

	def test_only_labelled_parcels_are_handed_over(self):
		parcels = self.pack_alike(2)
		self.print(parcels[:1])

		batch = self.print(parcels, kind="Manifest")

		self.assertEqual((batch.printed, batch.refused, batch.pages), (1, 1, 1))
		self.assertIn("no label", batch.results[parcels[1]][2])

	def test_files_are_gone_after_a_week_what_was_printed_is_not(self):
		parcels = self.pack_alike(1)
		batch = self.print(parcels)
		frappe.db.set_value("Print Batch", batch.name, "finished_at", add_to_date(now_datetime(), days=-8))
		frappe.db.commit()

		batches.clear_files()

		batch = self.read(batch.name)
		self.assertEqual((batch.file, batch.printed, len(batch.results)), (None, 1, 1))
		self.assertEqual(frappe.db.count("File", {"attached_to_name": batch.name}), 0)
