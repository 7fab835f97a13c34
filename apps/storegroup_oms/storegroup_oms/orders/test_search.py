"""Orders are found by what people have at hand, inside the searcher's scope, and always masked."""

import frappe

from storegroup_oms.api import search as endpoints
from storegroup_oms.exceptions import RevealLimitError
from storegroup_oms.orders import reveal, search
from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest


class SearchCase(IntegrationTest):
	"""One order with a number, nick and waybill of its own, and one of another shop that begins alike."""

	def setUp(self):
		super().setUp()
		self.mark = factories.make_suffix()
		self.digits = f"{int(self.mark, 16):010d}"
		self.shop = factories.create_shop().name
		self.order = factories.create_order(
			shop=self.shop,
			platform_order_no=f"9{self.digits}77123",
			buyer_nick=f"n_{self.mark}",
			waybill_no=f"YT{self.digits}",
		).name
		self.foreign = factories.create_order(
			platform_order_no=f"9{self.digits}88456", buyer_nick=f"n_{self.mark}"
		).name

	def find(self, text: str) -> set[str]:
		return {row["name"] for row in endpoints.find_orders(text)}

	def narrow(self, *roles: str):
		user = factories.create_user(list(roles), shops=[self.shop] if roles else []).name
		frappe.set_user(user)


class TestFinding(SearchCase):
	def test_by_each_thing_that_people_have(self):
		both = {self.order, self.foreign}
		for text, wanted in {
			f"9{self.digits}77123": {self.order},
			f" 9{self.digits}77 ": {self.order},
			f"9{self.digits}": both,
			f"{self.digits}77123": {self.order},
			f"{self.digits[-3:]}77123": {self.order},
			f"n_{self.mark}": both,
			f"n_{self.mark[:6]}": both,
			f"YT{self.digits}": {self.order},
			self.order: {self.order},
		}.items():
			with self.subTest(text):
				self.assertEqual(self.find(text) & both, wanted)

	def test_nothing_is_found_by_its_middle(self):
		for text in (self.mark, f"{self.digits}7712", "_" + self.mark, "%" + self.mark):
			with self.subTest(text):
				self.assertEqual(self.find(text), set())

	def test_an_underscore_stands_for_itself(self):
		other = factories.create_order(buyer_nick=f"nx{self.mark}").name

		self.assertNotIn(other, self.find(f"n_{self.mark}"))

	def test_too_short_a_text_finds_nothing(self):
		for text in ("", " ", "9", "  n "):
			self.assertEqual(endpoints.find_orders(text), [])

	def test_by_phone_whole_or_by_its_end(self):
		mobile = f"139{self.digits[-8:]}"
		order = factories.create_order(receiver_mobile=mobile).name

		for text in (mobile, f"+86 {mobile[:3]} {mobile[3:7]} {mobile[7:]}", mobile[-4:]):
			with self.subTest(text):
				self.assertIn(order, self.find(text))
		self.assertNotIn(order, self.find(mobile[:9]))

	def test_newest_first_and_no_more_than_twenty(self):
		nick = f"many-{self.mark}"
		names = [
			factories.create_order(
				shop=self.shop, buyer_nick=nick, ordered_at=f"2026-01-{day:02d} 08:00:00"
			).name
			for day in range(1, 23)
		]

		found = [row["name"] for row in endpoints.find_orders(nick)]

		self.assertEqual(found, names[::-1][: search.LIMIT])


class TestScope(SearchCase):
	def test_only_orders_of_the_users_shops(self):
		self.narrow("OMS Customer Service")

		self.assertEqual(self.find(f"n_{self.mark}"), {self.order})
		self.assertEqual(self.find(f"9{self.digits}88456"), set())
		self.assertEqual(self.find(self.foreign), set())

	def test_foreign_orders_do_not_crowd_out_the_users_own(self):
		nick = f"crowd-{self.mark}"
		other = factories.create_shop().name
		for _number in range(3):
			factories.create_order(shop=other, buyer_nick=nick)
		own = factories.create_order(shop=self.shop, buyer_nick=nick).name
		self.addCleanup(setattr, search, "CANDIDATES", search.CANDIDATES)
		search.CANDIDATES = 1
		self.narrow("OMS Customer Service")

		self.assertEqual(self.find(nick), {own})

	def test_nobody_without_the_right_to_read_orders(self):
		self.narrow()

		for ask in (
			lambda: endpoints.find_orders(self.order),
			lambda: endpoints.search_order_links("Order", self.order),
		):
			self.assertRaises(frappe.PermissionError, ask)

	def test_contacts_stay_masked(self):
		row = next(row for row in endpoints.find_orders(self.order) if row["name"] == self.order)

		self.assertEqual((row["receiver_name"], row["receiver_mobile"]), ("王**", "138****5678"))
		self.assertEqual(set(row), set(search.FIELDS))

	def test_phones_are_searched_as_often_as_the_limit_allows(self):
		self.narrow("OMS Customer Service")
		self.addCleanup(setattr, reveal, "SEARCHES_PER_DAY", reveal.SEARCHES_PER_DAY)
		reveal.SEARCHES_PER_DAY = 1

		endpoints.find_orders("13900001111")
		endpoints.find_orders(self.order)

		self.assertRaises(RevealLimitError, endpoints.find_orders, "13900001112")


class TestLinks(SearchCase):
	def test_rows_of_a_link_field(self):
		rows = endpoints.search_order_links("Order", f"9{self.digits}77", filters={"shop": self.shop})

		self.assertEqual(
			rows, [(self.order, f"9{self.digits}77123", f"n_{self.mark}", f"YT{self.digits}", self.shop)]
		)

	def test_filters_of_the_form_hold(self):
		for filters in (
			{"shop": self.shop},
			[["Order", "shop", "=", self.shop]],
			{"shop": ["in", [self.shop]]},
		):
			with self.subTest(filters):
				rows = endpoints.search_order_links(
					"Order", f"n_{self.mark}", filters=frappe.as_json(filters)
				)
				self.assertEqual([row[0] for row in rows], [self.order])

	def test_without_a_text_the_newest(self):
		rows = endpoints.search_order_links("Order", "", filters={"shop": self.shop}, page_length=5)

		self.assertEqual([row[0] for row in rows], [self.order])
