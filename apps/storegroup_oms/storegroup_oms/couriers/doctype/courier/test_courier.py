"""A courier's waybill pattern is a regular expression."""

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_courier


class TestCourier(IntegrationTest):
	def test_the_pattern_can_be_read(self):
		self.assertEqual(create_courier(waybill_pattern=r"^YT\d{13}$").waybill_pattern, r"^YT\d{13}$")
		self.assertTrue(create_courier(waybill_pattern="").name)
		with self.assertRaises(InvalidValueError):
			create_courier(waybill_pattern="(YT")
