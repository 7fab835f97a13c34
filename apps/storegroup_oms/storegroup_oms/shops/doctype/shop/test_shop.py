"""A Shop: one record per store, sane rates and addresses, a platform that stays."""

import frappe

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_order, create_shop


class TestShop(IntegrationTest):
	def test_percentages_lie_between_0_and_100(self):
		for field in ("stock_percentage", "commission_rate", "transaction_fee_rate"):
			self.assertEqual(create_shop(**{field: 100}).get(field), 100)
			for value in (-0.1, 100.1):
				with self.subTest(field=field, value=value), self.assertRaises(InvalidValueError):
					create_shop(**{field: value})

	def test_the_gateway_is_a_web_address_without_slash(self):
		self.assertEqual(
			create_shop(gateway_url=" https://gw.example/router/ ").gateway_url, "https://gw.example/router"
		)
		self.assertIsNone(create_shop(gateway_url=" ").gateway_url)
		for url in ("ftp://gw.example", "gw.example/router"):
			with self.subTest(url), self.assertRaises(InvalidValueError):
				create_shop(gateway_url=url)

	def test_one_store_is_one_shop(self):
		shop = create_shop(platform="JD", platform_shop_id="4711")

		with self.assertRaises(InvalidValueError) as caught:
			create_shop(platform="JD", platform_shop_id=" 4711 ")
		self.assertIn(shop.name, str(caught.exception))
		self.assertTrue(create_shop(platform="Douyin", platform_shop_id="4711").name)

	def test_shops_without_platform_id_never_meet(self):
		self.assertIsNone(create_shop(platform_shop_id="").platform_shop_id)
		self.assertIsNone(create_shop(platform_shop_id=None).platform_shop_id)

	def test_the_platform_is_fixed_by_the_first_order(self):
		shop = create_shop(platform="Taobao")
		shop.platform = "JD"
		shop.save()
		create_order(shop=shop.name)
		shop.platform = "Taobao"

		with self.assertRaises(InvalidValueError):
			shop.save()
		self.assertEqual(frappe.db.get_value("Shop", shop.name, "platform"), "JD")

	def test_secrets_are_not_in_the_table(self):
		shop = create_shop(app_secret="s3cret-of-the-shop", session_token="t0ken-of-the-shop")

		stored = frappe.db.get_value("Shop", shop.name, ["app_secret", "session_token"])
		self.assertEqual([set(value) for value in stored], [{"*"}, {"*"}])
		self.assertEqual(shop.get_password("app_secret"), "s3cret-of-the-shop")
