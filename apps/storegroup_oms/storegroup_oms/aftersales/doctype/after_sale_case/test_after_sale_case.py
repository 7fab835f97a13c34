"""An After-sale Case: no more back than was paid, and an end that has a time."""

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_after_sale_case, create_order, create_sku


class TestAmount(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.order = create_order(lines=[(create_sku().name, 1)], price=10)

	def test_no_more_goes_back_than_was_paid(self):
		for kind in ("Refund Before Shipping", "Refund", "Return"):
			with self.subTest(kind):
				self.assertTrue(create_after_sale_case(self.order.name, kind=kind, amount=10).name)
				with self.assertRaises(InvalidValueError):
					create_after_sale_case(self.order.name, kind=kind, amount=10.01)

	def test_an_exchange_is_not_measured_by_the_payment(self):
		self.assertTrue(create_after_sale_case(self.order.name, kind="Exchange", amount=99).name)

	def test_shop_and_customer_are_the_orders(self):
		self.assertEqual(create_after_sale_case(self.order.name).shop, self.order.shop)


class TestInspection(IntegrationTest):
	def test_inspected_pieces_are_whole(self):
		row = {"sku": create_sku().name, "qty": 0, "condition": "Good"}

		with self.assertRaises(InvalidValueError):
			create_after_sale_case(kind="Return", inspection=[row])


class TestEnd(IntegrationTest):
	def test_an_ended_case_has_a_time_and_one_opened_again_has_none(self):
		case = create_after_sale_case()
		self.assertIsNone(case.closed_at)
		for status in ("Refunded", "Done", "Rejected", "Cancelled"):
			with self.subTest(status):
				case.status = status
				case.save()
				self.assertIsNotNone(case.closed_at)
				case.status = "Open"
				case.save()
				self.assertIsNone(case.closed_at)
