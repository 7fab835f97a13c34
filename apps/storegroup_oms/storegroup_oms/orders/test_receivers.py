"""Raw names, phones and addresses stand encrypted in `Order Receiver` and nowhere else in the database."""

import frappe
from hypothesis import given
from hypothesis import strategies as st

from storegroup_oms.orders import receivers
from storegroup_oms.orders.receivers import Receiver
from storegroup_oms.tests.compat import IntegrationTest, UnitTest
from storegroup_oms.tests.factories import RECEIVER, create_order, create_shop

NAME, MOBILE, ADDRESS = RECEIVER["receiver_name"], RECEIVER["receiver_mobile"], RECEIVER["address"]
MASKS = ("王**", "138****5678", "文三路***")
RAW = (NAME, MOBILE, ADDRESS, "90 号", "1234567")
# Tables that Frappe fills by itself when a document is saved, and our own.
WATCHED = (
	"Order",
	"Order Item",
	"Order Event",
	"Order Receiver",
	"Version",
	"Comment",
	"Activity Log",
	"Customer",
	"Task",
	"Error Log",
	"Deleted Document",
	"Notification Log",
)


def get_masks(order: str) -> tuple:
	return frappe.db.get_value("Order", order, ["receiver_name", "receiver_mobile", "address"])


def find_raw(order: str) -> list[tuple[str, str, str]]:
	"""(table, column, value) of every watched column that holds a raw part."""
	found = []
	for doctype in WATCHED:
		rows = frappe.db.sql(f"SELECT * FROM `tab{doctype}`", as_dict=True)
		for row in rows:
			for column, value in row.items():
				if isinstance(value, str) and any(part in value for part in RAW):
					found.append((doctype, column, value))
	for row in frappe.db.sql("SELECT * FROM `__global_search` WHERE name = %s", order, as_dict=True):
		found += [
			("__global_search", key, value) for key, value in row.items() if any(p in str(value) for p in RAW)
		]
	return found


class TestReceiver(UnitTest):
	def test_masks_are_named_after_the_fields_of_order(self):
		masks = Receiver(NAME, MOBILE, ADDRESS).get_masks()

		self.assertEqual(
			masks, dict(zip(("receiver_name", "receiver_mobile", "address"), MASKS, strict=True))
		)

	def test_one_raw_part_is_enough_to_be_raw(self):
		self.assertTrue(Receiver("王*", "138****5678", ADDRESS).has_raw)
		self.assertFalse(Receiver("王*", "138****5678", "文三路***").has_raw)
		self.assertFalse(Receiver().has_raw)

	@given(st.text(), st.text(), st.text())
	def test_masks_are_never_raw(self, name, mobile, address):
		masks = Receiver(name, mobile, address).get_masks()

		masked = Receiver(masks["receiver_name"], masks["receiver_mobile"], masks["address"])
		self.assertFalse(masked.has_raw)


class TestHashes(IntegrationTest):
	def test_one_number_has_one_hash_however_it_is_written(self):
		hashes = {
			receivers.hash_mobile(text) for text in (MOBILE, "+86 138-1234-5678", "１３８１２３４５６７８")
		}

		self.assertEqual(len(hashes), 1)
		self.assertRegex(hashes.pop(), r"^[0-9a-f]{64}$")

	def test_masks_and_blanks_have_no_hash(self):
		self.assertEqual(receivers.hash_mobile("138****5678"), "")
		self.assertEqual(receivers.hash_mobile(None), "")
		self.assertEqual(receivers.hash_address("浙江省", "文三路***"), "")
		self.assertEqual(receivers.hash_address(), "")

	def test_an_address_is_blind_to_spaces_and_width(self):
		self.assertEqual(
			receivers.hash_address("浙江省杭州市", "文三路 90 号"),
			receivers.hash_address("浙江省 杭州市", "文三路９０号。"),
		)
		self.assertNotEqual(receivers.hash_address("文三路 90 号"), receivers.hash_address("文三路 91 号"))

	def test_hashes_are_keyed_and_can_not_be_looked_up(self):
		import hashlib

		self.assertNotEqual(receivers.hash_mobile(MOBILE), hashlib.sha256(MOBILE.encode()).hexdigest())


class TestOrderSavedWithRawValues(IntegrationTest):
	def setUp(self):
		super().setUp()
		# As on a live site: in tests Frappe writes no versions unless asked.
		frappe.flags.in_test = False
		self.order = create_order()

	def test_the_order_holds_masks(self):
		self.assertEqual(get_masks(self.order.name), MASKS)
		self.assertEqual((self.order.receiver_name, self.order.receiver_mobile, self.order.address), MASKS)

	def test_no_table_holds_a_raw_part(self):
		self.order.reload()
		self.order.update({"receiver_name": NAME, "receiver_mobile": MOBILE, "address": ADDRESS})
		self.order.seller_memo = "Call first"
		self.order.save()

		self.assertEqual(find_raw(self.order.name), [])
		versions = frappe.get_all(
			"Version", filters={"docname": self.order.name}, pluck="data", order_by="creation asc"
		)
		self.assertTrue(any("Call first" in data for data in versions), "the check saw a version")

	def test_the_payload_is_encrypted_and_can_be_read_back(self):
		row = frappe.db.get_value(
			"Order Receiver",
			self.order.name,
			["`order`", "shop", "mobile_hash", "mobile_tail", "address_hash", "payload"],
			as_dict=True,
		)

		self.assertEqual((row.order, row.shop, row.mobile_tail), (self.order.name, self.order.shop, "5678"))
		self.assertEqual(row.mobile_hash, receivers.hash_mobile(MOBILE))
		self.assertEqual(row.address_hash, receivers.hash_address("浙江省杭州市西湖区", ADDRESS))
		self.assertTrue(row.payload.startswith("gAAAA"), "a Fernet token")
		self.assertEqual(receivers.get_receiver(self.order.name), Receiver(NAME, MOBILE, ADDRESS))

	def test_saving_the_masks_again_changes_nothing(self):
		before = frappe.db.get_value("Order Receiver", self.order.name, ["modified", "payload"])
		self.order.reload()
		self.order.seller_memo = "Nothing about the receiver"
		self.order.save()

		self.assertEqual(
			frappe.db.get_value("Order Receiver", self.order.name, ["modified", "payload"]), before
		)
		self.assertEqual(get_masks(self.order.name), MASKS)

	def test_one_new_part_keeps_the_others(self):
		self.order.reload()
		self.order.receiver_mobile = "13900001111"
		self.order.save()

		self.assertEqual(get_masks(self.order.name), ("王**", "139****1111", "文三路***"))
		self.assertEqual(receivers.get_receiver(self.order.name), Receiver(NAME, "13900001111", ADDRESS))


class TestStoreReceivers(IntegrationTest):
	def test_a_later_masked_copy_never_wipes_the_raw_one(self):
		order = create_order()
		count = receivers.store_receivers([(order.name, order.shop, "", Receiver(*MASKS))])

		self.assertEqual(count, 0)
		self.assertEqual(receivers.get_receiver(order.name), Receiver(NAME, MOBILE, ADDRESS))

	def test_a_masked_copy_with_a_token_keeps_the_raw_parts(self):
		order = create_order()
		receivers.store_receivers([(order.name, order.shop, "", Receiver(*MASKS, platform_token="token-1"))])

		self.assertEqual(receivers.get_receiver(order.name), Receiver(NAME, MOBILE, ADDRESS, "token-1"))
		self.assertEqual(
			frappe.db.get_value("Order Receiver", order.name, "mobile_hash"), receivers.hash_mobile(MOBILE)
		)

	def test_many_receivers_are_one_statement(self):
		shop = create_shop().name
		rows = [
			(f"SO-TEST-{number}", shop, "浙江省", Receiver(NAME, MOBILE, ADDRESS)) for number in range(50)
		]

		with self.assertQueryCount(1):
			self.assertEqual(receivers.store_receivers(rows), 50)

	def test_no_receivers_ask_nothing(self):
		with self.assertQueryCount(0):
			self.assertEqual(receivers.store_receivers([]), 0)

	def test_a_receiver_that_was_never_given_is_its_masks(self):
		order = create_order(receiver_name="李*", receiver_mobile="139****0000", address="")

		self.assertFalse(frappe.db.exists("Order Receiver", order.name))
		self.assertEqual(receivers.get_receiver(order.name), Receiver("李*", "139****0000"))
		self.assertEqual(
			receivers.get_receivers([order.name, "SO-none"]),
			{order.name: receivers.get_receiver(order.name)},
		)

	def test_an_unknown_order_has_an_empty_receiver(self):
		self.assertEqual(receivers.get_receiver("SO-NONE"), Receiver())


class TestFindOrdersByMobile(IntegrationTest):
	def test_finds_all_orders_of_a_number_and_no_other(self):
		shop = create_shop().name
		mine = [
			create_order(shop=shop, receiver_mobile=text).name
			for text in ("13811110000", "+86 138 1111 0000")
		]
		create_order(shop=shop, receiver_mobile="13811110001")

		self.assertEqual(sorted(receivers.find_orders_by_mobile("138-1111-0000")), sorted(mine))

	def test_a_mask_finds_nothing(self):
		create_order(receiver_mobile="13811110000")

		self.assertEqual(receivers.find_orders_by_mobile("138****0000"), [])
