"""Buyers become customers: one for each account, found again, merged ones followed."""

from datetime import datetime
from decimal import Decimal

import frappe

from storegroup_oms.customers import attach
from storegroup_oms.customers.attach import Buyer, attach_buyers, find_identity
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_customer, create_order, create_shop, make_suffix

MASKED = {
	"receiver_name": "王**",
	"mobile_masked": "138****1234",
	"province": "浙江省",
	"city": "杭州市",
	"district": "西湖区",
	"address_masked": "文三路***",
}


class TestIdentity(IntegrationTest):
	def test_strongest_fact_wins(self) -> None:
		cases = [
			(Buyer("JD", "u1", "nick", mobile_hash="h", **MASKED), "u1", 100),
			(Buyer("JD", "", "nick", mobile_hash="h", **MASKED), "nick:nick", 90),
			(Buyer("JD", "", "n**k", mobile_hash="h", **MASKED), "mobile:h", 80),
		]
		for buyer, user_id, confidence in cases:
			with self.subTest(user_id=user_id):
				identity = find_identity(buyer)
				self.assertEqual((identity.user_id, identity.confidence), (user_id, confidence))

	def test_print_of_a_masked_receiver_needs_every_part(self) -> None:
		whole = find_identity(Buyer("JD", **MASKED))
		self.assertRegex(whole.user_id, r"^fp:[0-9a-f]{64}$")
		self.assertEqual(whole.confidence, 60)
		self.assertNotIn("王", whole.user_id)
		for part in MASKED:
			with self.subTest(part=part):
				self.assertIsNone(find_identity(Buyer("JD", **{**MASKED, part: ""})))


class TestAttach(IntegrationTest):
	def setUp(self) -> None:
		super().setUp()
		self.user_id = f"Uid-{make_suffix()}"

	def make_buyer(self, user_id: str = "", **values) -> Buyer:
		return Buyer("Taobao", user_id or self.user_id, **{**MASKED, **values})

	def test_unknown_buyer_becomes_a_customer(self) -> None:
		buyer = self.make_buyer(nick="tb_1", mobile_hash="hash")
		name = attach_buyers([buyer])[buyer]
		self.assertRegex(name, r"^CU-\d{9}$")
		customer = frappe.get_doc("Customer", name)
		self.assertEqual(
			(customer.customer_name, customer.mobile_masked, customer.mobile_hash),
			("王**", "138****1234", "hash"),
		)
		self.assertEqual((customer.province, customer.city), ("浙江省", "杭州市"))
		[identity] = customer.identities
		self.assertEqual(
			(identity.platform, identity.platform_user_id, identity.nick, identity.confidence),
			("Taobao", self.user_id, "tb_1", 100),
		)

	def test_same_account_is_found_again(self) -> None:
		first, second = self.make_buyer(), self.make_buyer(receiver_name="李*")
		names = attach_buyers([first, second])
		self.assertEqual(names[first], names[second])
		self.assertEqual(attach_buyers([first]), {first: names[first]})
		self.assertEqual(frappe.db.count("Customer Identity", {"platform_user_id": self.user_id}), 1)

	def test_account_ids_differ_by_case(self) -> None:
		first, second = self.make_buyer(), self.make_buyer(self.user_id.swapcase())
		names = attach_buyers([first])
		names |= attach_buyers([second])
		self.assertNotEqual(names[first], names[second])

	def test_account_that_a_person_typed_in_is_found(self) -> None:
		customer = create_customer()
		row = customer.identities[0]
		buyer = self.make_buyer(row.platform_user_id)
		self.assertEqual(attach_buyers([buyer]), {buyer: customer.name})
		self.assertEqual(row.name, attach.make_identity_name("Taobao", row.platform_user_id))

	def test_merged_customers_are_followed_to_the_end(self) -> None:
		first, second, third = (create_customer() for _number in range(3))
		first.db_set("merged_into", second.name)
		second.db_set("merged_into", third.name)
		buyer = self.make_buyer(first.identities[0].platform_user_id)
		self.assertEqual(attach_buyers([buyer]), {buyer: third.name})

	def test_circle_of_merges_ends(self) -> None:
		first, second = create_customer(), create_customer()
		first.db_set("merged_into", second.name)
		second.db_set("merged_into", first.name)
		buyer = self.make_buyer(first.identities[0].platform_user_id)
		self.assertIn(attach_buyers([buyer])[buyer], (first.name, second.name))

	def test_buyer_without_identity_has_no_customer(self) -> None:
		before = frappe.db.count("Customer")
		self.assertEqual(attach_buyers([Buyer("JD")]), {})
		self.assertEqual(frappe.db.count("Customer"), before)

	def test_statements_do_not_grow_with_the_batch(self) -> None:
		attach_buyers([self.make_buyer(f"{self.user_id}-first")])  # reads what is kept in memory afterwards
		counts = []
		for size in (2, 200):
			buyers = [self.make_buyer(f"{self.user_id}-{size}-{number}") for number in range(size)]
			before = frappe.db.sql("SHOW SESSION STATUS LIKE 'Questions'")[0][1]
			attach_buyers(buyers)
			counts.append(int(frappe.db.sql("SHOW SESSION STATUS LIKE 'Questions'")[0][1]) - int(before))
		self.assertEqual(counts[0], counts[1])


class TestRefresh(IntegrationTest):
	def test_figures_are_those_of_the_orders(self) -> None:
		customer = create_customer().name
		often, seldom = create_shop().name, create_shop().name
		for shop, day, price, refund in ((often, 1, 10.1, 0), (often, 3, 20.2, 5.05), (seldom, 2, 30.3, 0)):
			create_order(
				shop=shop,
				price=price,
				customer=customer,
				ordered_at=datetime(2026, 11, day),
				refund_amount=refund,
			)
		self.assertEqual(attach.refresh_customers([customer]), 1)
		row = frappe.get_doc("Customer", customer)
		self.assertEqual((row.order_count, row.favourite_shop), (3, often))
		self.assertEqual(Decimal(str(row.total_paid)), Decimal("60.60"))
		self.assertEqual(Decimal(str(row.total_refunded)), Decimal("5.05"))
		self.assertEqual(
			(row.first_order_at, row.last_order_at), (datetime(2026, 11, 1), datetime(2026, 11, 3))
		)

	def test_customer_without_orders_counts_none(self) -> None:
		customer = create_customer(order_count=4, total_paid=9)
		attach.refresh_customers([customer.name])
		customer.reload()
		self.assertEqual((customer.order_count, customer.total_paid), (0, 0))
