"""Offers become listings and SKUs: remembered match first, then code, then barcode."""

from dataclasses import dataclass
from decimal import Decimal
from unittest.mock import patch

import frappe

from storegroup_oms.catalog import matching
from storegroup_oms.catalog.matching import Match, Offer, match_by_code, match_offers, save_listings
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_listing, create_shop, create_sku, make_suffix


@dataclass
class Facts:
	platform_item_id: str
	platform_sku_id: str = ""
	outer_id: str = ""
	title: str = "Lotion"
	spec: str = ""
	price: Decimal = Decimal("9.90")
	qty: int = 0
	status: str = "On Sale"
	image_url: str = ""


class Matching(IntegrationTest):
	def setUp(self) -> None:
		super().setUp()
		self.shop = create_shop().name
		self.suffix = make_suffix()

	def match(self, **values) -> Match:
		offer = Offer(**values)
		return match_offers(self.shop, [offer])[offer]

	def create_unmatched(self, **values):
		listing = create_listing(self.shop, **values)
		listing.db_set({"sku": None, "match_method": ""})
		return listing


class TestMatchOffers(Matching):
	def test_unknown_item_becomes_a_listing(self) -> None:
		match = self.match(
			platform_item_id="1",
			platform_sku_id="2",
			outer_id="none",
			title="Lotion",
			spec="50 ml",
			price=Decimal("9.90"),
		)
		listing = frappe.get_doc("Listing", match.listing)
		self.assertIsNone(match.sku)
		self.assertEqual(
			(listing.shop, listing.platform_item_id, listing.platform_sku_id, listing.outer_id),
			(self.shop, "1", "2", "none"),
		)
		self.assertEqual(
			(listing.title, listing.specification, listing.price, listing.status, listing.push_enabled),
			("Lotion", "50 ml", 9.9, "On Sale", 1),
		)
		self.assertEqual(self.match(platform_item_id="1", platform_sku_id="2").listing, listing.name)

	def test_code_is_remembered_on_the_listing(self) -> None:
		sku = create_sku(f"SKU-{self.suffix}").name
		match = self.match(platform_item_id="1", outer_id=f" sku-{self.suffix} ")
		self.assertEqual(match.sku, sku)
		stored = frappe.db.get_value("Listing", match.listing, ["sku", "match_method", "is_dirty"])
		self.assertEqual(stored, (sku, "Code", 1))
		self.assertEqual(self.match(platform_item_id="1", outer_id="other").sku, sku)

	def test_barcode_comes_after_code(self) -> None:
		by_barcode = create_sku(barcode=f"69{self.suffix}")
		further = create_sku(barcodes=[{"barcode": f"68{self.suffix}"}])
		for number, (code, sku) in enumerate(
			((f"69{self.suffix}", by_barcode), (f"68{self.suffix}", further))
		):
			match = self.match(platform_item_id=str(number), outer_id=code)
			self.assertEqual(match.sku, sku.name)
			self.assertEqual(frappe.db.get_value("Listing", match.listing, "match_method"), "Barcode")
		named = create_sku(f"69{self.suffix}")
		self.assertEqual(self.match(outer_id=f"69{self.suffix}"), Match(None, named.name))

	def test_remembered_match_comes_first(self) -> None:
		manual, coded = create_sku(), create_sku()
		listing = create_listing(self.shop, manual.name)
		match = self.match(
			platform_item_id=listing.platform_item_id,
			platform_sku_id=listing.platform_sku_id,
			outer_id=coded.name,
		)
		self.assertEqual(match, Match(listing.name, manual.name))

	def test_old_listing_without_a_match_is_matched(self) -> None:
		sku = create_sku().name
		listing = self.create_unmatched(platform_sku_id="")
		match = self.match(platform_item_id=listing.platform_item_id, outer_id=sku)
		self.assertEqual(match, Match(listing.name, sku))
		self.assertEqual(frappe.db.get_value("Listing", listing.name, ["sku", "match_method"]), (sku, "Code"))

	def test_line_without_an_item_is_matched_by_code_and_makes_no_listing(self) -> None:
		sku = create_sku().name
		self.assertEqual(self.match(outer_id=sku), Match(None, sku))
		self.assertEqual(self.match(title="Lotion"), Match(None, None))
		self.assertEqual(frappe.db.count("Listing", {"shop": self.shop}), 0)

	def test_statements_do_not_grow_with_the_offers(self) -> None:
		counts = []
		for size in (2, 200):
			offers = [Offer(f"{size}-{number}", outer_id=f"x{number}") for number in range(size)]
			before = frappe.db.sql("SHOW SESSION STATUS LIKE 'Questions'")[0][1]
			match_offers(self.shop, offers)
			counts.append(int(frappe.db.sql("SHOW SESSION STATUS LIKE 'Questions'")[0][1]) - int(before))
		self.assertEqual(counts[0], counts[1])


class TestSaveListings(Matching):
	def test_new_changed_and_unchanged(self) -> None:
		sku = create_sku().name
		facts = [Facts("1", outer_id=sku), Facts("2"), Facts("3")]
		with patch.object(matching, "tell_matched") as tell:
			result = save_listings(self.shop, facts)
		name = frappe.db.get_value("Listing", {"shop": self.shop, "platform_item_id": "1"})
		self.assertEqual((result.new, result.changed, result.unchanged), (3, 0, 0))
		self.assertEqual(result.matched, (name,))
		tell.assert_called_once_with([name])
		facts[1] = Facts(
			"2", title="Cream", price=Decimal("8.00"), status="Off Sale", image_url="https://x.example/1"
		)
		result = save_listings(self.shop, facts)
		self.assertEqual((result.new, result.changed, result.unchanged), (0, 1, 2))
		self.assertEqual(
			frappe.db.get_value(
				"Listing",
				{"shop": self.shop, "platform_item_id": "2"},
				["title", "price", "status", "image_url"],
			),
			("Cream", 8.0, "Off Sale", "https://x.example/1"),
		)

	def test_manual_match_stays(self) -> None:
		manual, coded = create_sku(), create_sku()
		listing = create_listing(self.shop, manual.name)
		fact = Facts(listing.platform_item_id, listing.platform_sku_id, outer_id=coded.name)
		self.assertEqual(save_listings(self.shop, [fact]).matched, ())
		self.assertEqual(
			frappe.db.get_value("Listing", listing.name, ["sku", "match_method", "outer_id"]),
			(manual.name, "Manual", coded.name),
		)

	def test_last_fact_of_a_variant_wins(self) -> None:
		result = save_listings(self.shop, [Facts("1", title="A"), Facts("1", title="B")])
		self.assertEqual(result.new, 1)
		self.assertEqual(frappe.db.get_value("Listing", {"shop": self.shop}, "title"), "B")


class TestMatchByCode(Matching):
	def test_only_the_named_and_the_unmatched(self) -> None:
		sku = create_sku().name
		wanted, other = (self.create_unmatched(outer_id=sku) for _number in range(2))
		matched = create_listing(self.shop, outer_id=sku)
		self.assertEqual(match_by_code([wanted.name, matched.name]), [wanted.name])
		self.assertEqual(frappe.db.get_value("Listing", wanted.name, ["sku", "match_method"]), (sku, "Code"))
		self.assertIsNone(frappe.db.get_value("Listing", other.name, "sku"))
		self.assertEqual(match_by_code([]), [])
		self.assertIn(other.name, match_by_code())

	def test_new_sku_and_new_barcode_find_their_listings(self) -> None:
		code, barcode = f"C-{self.suffix}", f"69{self.suffix}"
		by_code = self.create_unmatched(outer_id=code)
		by_barcode = self.create_unmatched(outer_id=barcode)
		sku = create_sku(code)
		self.assertEqual(frappe.db.get_value("Listing", by_code.name, "sku"), sku.name)
		self.assertIsNone(frappe.db.get_value("Listing", by_barcode.name, "sku"))
		sku.append("barcodes", {"barcode": barcode})
		sku.save()
		self.assertEqual(
			frappe.db.get_value("Listing", by_barcode.name, ["sku", "match_method"]), (sku.name, "Barcode")
		)

	def test_waiting_lines_are_told_once_a_match_is_saved(self) -> None:
		listing = self.create_unmatched()
		sku = create_sku().name
		listing.reload()
		with patch.object(matching, "tell_matched") as tell:
			listing.sku = sku
			listing.save()
			tell.assert_called_once_with([listing.name])
			listing.title = "Other"
			listing.save()
			tell.assert_called_once()
		self.assertEqual(listing.match_method, "Manual")
