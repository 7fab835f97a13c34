"""Suggestions: equal codes first, then what is alike, each SKU once, inactive ones never."""

from storegroup_oms.catalog.suggestions import suggest_skus
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_listing, create_sku, make_suffix


class TestSuggestions(IntegrationTest):
	def setUp(self) -> None:
		super().setUp()
		self.suffix = make_suffix()

	def suggest(self, limit: int = 5, **values) -> list[tuple]:
		listing = create_listing(**values)
		listing.db_set("sku", None)
		return [(row["sku"], row["reason"]) for row in suggest_skus(listing.name, limit)]

	def test_equal_code_then_barcode_then_near_code(self) -> None:
		code = f"LOTION-{self.suffix}-50"
		exact = create_sku(code, sku_name="A")
		near = create_sku(f"LOTION-{self.suffix}-500", sku_name="B")
		found = self.suggest(outer_id=code.lower(), title=f"x{self.suffix}")
		self.assertEqual(found[:2], [(exact.name, "code"), (near.name, "similar_code")])
		barred = create_sku(barcode=f"69{self.suffix}")
		found = self.suggest(outer_id=f"69{self.suffix}", title=f"x{self.suffix}")
		self.assertEqual(found[0], (barred.name, "barcode"))

	def test_title_and_specification_are_compared_without_spaces_and_width(self) -> None:
		wanted = create_sku(sku_name=f"保湿乳液{self.suffix}", specification="50ml")
		other = create_sku(sku_name=f"保湿乳液{self.suffix}", specification="200ml")
		found = self.suggest(title=f"官方正品 保湿乳液 {self.suffix}", specification="５０ ml")
		self.assertEqual(found[0], (wanted.name, "title"))
		self.assertIn((other.name, "title"), found)

	def test_inactive_skus_are_left_out(self) -> None:
		create_sku(f"OLD-{self.suffix}", is_active=0, sku_name=f"玻尿酸{self.suffix}")
		found = self.suggest(outer_id=f"OLD-{self.suffix}", title=f"玻尿酸{self.suffix}")
		self.assertNotIn(f"OLD-{self.suffix}", [sku for sku, _reason in found])

	def test_limit_and_each_sku_once(self) -> None:
		skus = [
			create_sku(f"C{number}-{self.suffix}", sku_name=f"面膜{self.suffix}").name for number in range(4)
		]
		found = self.suggest(limit=3, outer_id=skus[2], title=f"面膜{self.suffix}")
		self.assertEqual(len(found), 3)
		self.assertEqual(len({sku for sku, _reason in found}), 3)
		self.assertEqual(found[0], (skus[2], "code"))

	def test_unknown_listing_has_none(self) -> None:
		self.assertEqual(suggest_skus("no such listing"), [])
