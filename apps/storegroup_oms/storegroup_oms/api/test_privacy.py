"""Contacts: seen on purpose, by those who may, with a reason, on record, and not more often than allowed."""

import threading

import frappe

from storegroup_oms.api import privacy
from storegroup_oms.exceptions import AppendOnlyError, InvalidValueError, RevealLimitError
from storegroup_oms.orders import reveal
from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest

NAME, MOBILE, ADDRESS = (
	factories.RECEIVER[field] for field in ("receiver_name", "receiver_mobile", "address")
)
ALLOWED = ("OMS Customer Service", "OMS Order Clerk", "OMS Manager", "OMS Administrator")
REFUSED = ("OMS Warehouse Staff", "OMS Finance", "System Manager")


def count_rows(**filters) -> int:
	return frappe.db.count("Personal Data Access", filters)


class TestReveal(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.order = factories.create_order()
		self.user = factories.create_user([ALLOWED[0]], shops=[self.order.shop])
		frappe.set_user(self.user.name)

	def assert_refused(self, exception, order: str | None = None, reason: str = "buyer asked"):
		before = count_rows()
		self.assertRaises(exception, privacy.reveal_receiver, order or self.order.name, reason)
		self.assertEqual(count_rows(), before, "a refusal writes nothing")

	def set_limit(self, limit: int):
		frappe.db.set_single_value("OMS Settings", "reveal_limit_per_day", limit)
		frappe.clear_document_cache("OMS Settings", "OMS Settings")

	def test_answers_in_clear_and_keeps_who_looked_and_why(self):
		frappe.local.request_ip = "192.0.2.7"
		answer = privacy.reveal_receiver(self.order.name, "  buyer asked  ")

		self.assertEqual(answer, {"name": NAME, "mobile": MOBILE, "address": ADDRESS})
		rows = frappe.get_all("Personal Data Access", filters={"user": self.user.name}, fields=["*"])
		self.assertEqual(len(rows), 1)
		self.assertEqual(
			{
				"reference_doctype": "Order",
				"reference_name": self.order.name,
				"shop": self.order.shop,
				"reason": "buyer asked",
				"revealed_fields": "name, mobile, address",
				"ip_address": "192.0.2.7",
			}.items()
			- rows[0].items(),
			set(),
		)

	def test_log_row_holds_nothing_raw_and_is_kept_as_written(self):
		privacy.reveal_receiver(self.order.name, "buyer asked")
		row = frappe.get_last_doc("Personal Data Access", filters={"user": self.user.name})
		for raw in (NAME, MOBILE, ADDRESS):
			self.assertNotIn(raw, row.as_json())
		frappe.set_user("Administrator")
		row.reason = "something else"
		# Even code that skips permissions is refused.
		self.assertRaises(AppendOnlyError, row.save, ignore_permissions=True)

	def test_only_some_roles_reveal(self):
		for role in (*ALLOWED, *REFUSED):
			frappe.set_user("Administrator")
			frappe.db.set_value("Has Role", {"parent": self.user.name}, "role", role)
			frappe.clear_cache(user=self.user.name)
			frappe.set_user(self.user.name)
			with self.subTest(role):
				if role in ALLOWED:
					self.assertEqual(privacy.reveal_receiver(self.order.name, "asked")["mobile"], MOBILE)
				else:
					self.assert_refused(frappe.PermissionError)
		frappe.set_user("Guest")
		self.assert_refused(frappe.PermissionError)

	def test_order_of_another_shop_is_refused(self):
		frappe.set_user("Administrator")
		foreign = factories.create_order()
		frappe.set_user(self.user.name)
		self.assert_refused(frappe.PermissionError, order=foreign.name)

	def test_unknown_order_is_refused(self):
		self.assert_refused(frappe.DoesNotExistError, order="SO-none")

	def test_reason_is_bounded(self):
		for reason in ("", "   ", "x", "x" * 501):
			with self.subTest(length=len(reason)):
				self.assert_refused(InvalidValueError, reason=reason)
		self.assertTrue(privacy.reveal_receiver(self.order.name, "x" * 500))

	def test_limit_of_the_day(self):
		self.set_limit(2)
		for _look in range(2):
			privacy.reveal_receiver(self.order.name, "buyer asked")
		self.assert_refused(RevealLimitError)
		self.assertEqual(count_rows(user=self.user.name), 2)

	def test_yesterdays_looks_do_not_count(self):
		self.set_limit(1)
		privacy.reveal_receiver(self.order.name, "buyer asked")
		yesterday = frappe.utils.add_days(frappe.utils.now_datetime(), -1)
		row = frappe.db.get_value("Personal Data Access", {"user": self.user.name})
		frappe.db.set_value("Personal Data Access", row, "accessed_at", yesterday, update_modified=False)
		self.assertEqual(reveal.count_today(self.user.name), 0)

	def test_limit_zero_closes_the_door(self):
		self.set_limit(0)
		self.assert_refused(RevealLimitError)

	def test_one_users_looks_do_not_count_for_another(self):
		self.set_limit(1)
		privacy.reveal_receiver(self.order.name, "buyer asked")
		frappe.set_user("Administrator")
		other = factories.create_user([ALLOWED[1]])
		frappe.set_user(other.name)
		self.assertTrue(privacy.reveal_receiver(self.order.name, "buyer asked"))

	def test_manager_sees_who_looked_how_often(self):
		privacy.reveal_receiver(self.order.name, "buyer asked")
		self.assertRaises(frappe.PermissionError, privacy.get_access_summary)
		frappe.set_user("Administrator")
		manager = factories.create_user(["OMS Manager"], shops=[self.order.shop])
		frappe.set_user(manager.name)
		self.assertEqual(privacy.get_access_summary(), [{"user": self.user.name, "count": 1}])


class TestFindByPhone(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.mobile = f"139{int(factories.make_suffix(), 16) % 10**8:08d}"
		self.own = factories.create_order(receiver_mobile=self.mobile)
		self.foreign = factories.create_order(receiver_mobile=self.mobile)
		self.user = factories.create_user(["OMS Customer Service"], shops=[self.own.shop])
		frappe.set_user(self.user.name)
		self.addCleanup(self.forget_searches)

	def forget_searches(self):
		frappe.cache.delete_keys("oms_phone_searches")

	def test_finds_own_orders_masked(self):
		for text in (self.mobile, f"+86 {self.mobile[:3]} {self.mobile[3:7]}-{self.mobile[7:]}"):
			with self.subTest(text):
				found = privacy.find_orders_by_phone(text)
				self.assertEqual([row["name"] for row in found], [self.own.name])
				self.assertNotIn(self.mobile, frappe.as_json(found))
				self.assertNotIn(NAME, frappe.as_json(found))

	def test_unknown_number_finds_nothing(self):
		self.assertEqual(privacy.find_orders_by_phone("13000000000"), [])

	def test_masks_and_scraps_are_refused(self):
		for text in ("", "138****1234", "1234", "abc", "1" * 21):
			with self.subTest(text):
				self.assertRaises(InvalidValueError, privacy.find_orders_by_phone, text)

	def test_needs_the_right_to_read_orders(self):
		frappe.set_user("Guest")
		self.assertRaises(frappe.PermissionError, privacy.find_orders_by_phone, self.mobile)

	def test_trying_out_the_masked_digits_ends(self):
		for _search in range(reveal.SEARCHES_PER_DAY):
			reveal._count_search()
		self.assertRaises(RevealLimitError, privacy.find_orders_by_phone, self.mobile)


class TestRevealRace(IntegrationTest):
	"""Two connections, one look left. Commits, and cleans up after itself."""

	def setUp(self):
		super().setUp()
		self.user = factories.create_user(["OMS Customer Service"])
		self.order = factories.create_order()
		self.limit = frappe.db.get_single_value("OMS Settings", "reveal_limit_per_day")
		frappe.db.set_single_value("OMS Settings", "reveal_limit_per_day", 1)
		self.addCleanup(self.clean_up)
		frappe.db.commit()

	def clean_up(self):
		frappe.db.rollback()
		frappe.set_user("Administrator")
		frappe.db.delete("Personal Data Access", {"user": self.user.name})
		for doctype in ("Order Item", "Order Receiver", "Order Event"):
			frappe.db.delete(doctype, {"parent" if doctype == "Order Item" else "order": self.order.name})
		frappe.db.delete("Order", {"name": self.order.name})
		for sku in {row.sku for row in self.order.items}:
			frappe.delete_doc("SKU", sku, force=True)
		frappe.delete_doc("Shop", self.order.shop, force=True)
		frappe.delete_doc("User", self.user.name, force=True)
		frappe.db.set_single_value("OMS Settings", "reveal_limit_per_day", self.limit)
		frappe.db.commit()

	def test_last_look_of_the_day_is_taken_once(self):
		site, outcomes, gate = frappe.local.site, [], threading.Barrier(2, timeout=30)

		def look():
			frappe.init(site, sites_path=".", force=True)
			frappe.connect()
			try:
				frappe.set_user(self.user.name)
				reveal.count_today(self.user.name)  # both have their snapshot before either writes
				gate.wait()
				privacy.reveal_receiver(self.order.name, "buyer asked")
				frappe.db.commit()
				outcomes.append("seen")
			except RevealLimitError:
				frappe.db.rollback()
				outcomes.append("refused")
			except Exception as error:
				frappe.db.rollback()
				outcomes.append(repr(error))
			finally:
				frappe.destroy()

		threads = [threading.Thread(target=look) for _connection in range(2)]
		for thread in threads:
			thread.start()
		for thread in threads:
			thread.join(60)
		frappe.db.rollback()

		self.assertEqual(sorted(outcomes), ["refused", "seen"])
		self.assertEqual(count_rows(user=self.user.name), 1)
