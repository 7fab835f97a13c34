"""A Customer: each platform account once, and never merged into itself."""

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_customer


class TestCustomer(IntegrationTest):
	def test_an_account_is_listed_once(self):
		account = {"platform": "JD", "platform_user_id": "jd-1"}
		self.assertTrue(create_customer(identities=[account, {**account, "platform": "Douyin"}]).name)

		with self.assertRaises(InvalidValueError):
			create_customer(identities=[account, dict(account)])

	def test_an_account_has_an_id_or_a_nick(self):
		self.assertTrue(create_customer(identities=[{"platform": "JD", "nick": "buyer"}]).name)
		with self.assertRaises(InvalidValueError):
			create_customer(identities=[{"platform": "JD"}])

	def test_a_customer_is_not_merged_into_itself(self):
		customer, other = create_customer(), create_customer()
		customer.merged_into = other.name
		customer.save()
		customer.merged_into = customer.name

		with self.assertRaises(InvalidValueError):
			customer.save()
