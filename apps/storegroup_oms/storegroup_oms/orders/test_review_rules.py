"""The checks as pure rules: what each finds, what passes, and what it says of the address and the phone."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from storegroup_oms.orders import divisions
from storegroup_oms.orders.review_rules import CHECKS, Check, Facts, Line, find_all, find_phone_fault
from storegroup_oms.tests.compat import UnitTest

D = Decimal
GOOD = Facts(
	name="SO-1",
	receiver="王小明",
	mobile="13812345678",
	address="文三路 90 号",
	province="浙江省",
	city="杭州市",
	district="西湖区",
	goods_amount=D("20.00"),
	total_amount=D("20.00"),
	paid_amount=D("20.00"),
	lines=(Line("a", "SKU-A", 2, D("10.00"), D("20.00"), D("10.00")),),
)
CHECK = {
	code: Check(code, "Hold", threshold, (("西藏自治区", ""), ("四川省", "甘孜")))
	for code, threshold in dict.fromkeys(CHECKS, D(0)).items()
} | {
	"quantity_unusual": Check("quantity_unusual", "Hold", D(5)),
	"price_mismatch": Check("price_mismatch", "Hold", D(20)),
	"amount_mismatch": Check("amount_mismatch", "Tag", D("0.01")),
}


def find(**values) -> list[tuple[str, dict]]:
	return [(row.code, dict(row.details)) for row in find_all(replace(GOOD, **values), CHECK)]


class TestPlanned(UnitTest):
	TODAY = date(2026, 11, 24)

	def test_held_until_the_day_is_near(self) -> None:
		check = {"ship_later": Check("ship_later", "Hold", D(1))}
		for day, is_held in ((26, True), (25, False), (24, False), (1, False)):
			facts = replace(GOOD, planned_on=date(2026, 11, day), today=self.TODAY)
			with self.subTest(day):
				self.assertEqual([row.code for row in find_all(facts, check)], ["ship_later"] * is_held)

	def test_an_order_without_a_day_is_not_held(self) -> None:
		self.assertEqual(find(today=self.TODAY), [])


class TestChecks(UnitTest):
	def test_a_good_order_has_no_findings(self) -> None:
		self.assertEqual(find(), [])

	def test_address_lacks_a_part(self) -> None:
		for values, part in (
			({"province": ""}, "province"),
			({"city": ""}, "city"),
			({"district": ""}, "district"),
			({"address": " "}, "address"),
			({"address": "9号"}, "street"),
			({"receiver": ""}, "name"),
		):
			with self.subTest(values):
				self.assertEqual(find(**values), [("address_incomplete", {"part": part})])

	def test_places_without_a_city_or_a_district(self) -> None:
		for place in (
			("北京", "", "朝阳区"),
			("广东省", "东莞市", ""),
			("广东省", "东莞", "虎门镇"),
			("海南省", "琼海市", ""),
			("湖北省", "省直辖县级行政区划", "仙桃市"),
			("香港特别行政区", "", ""),
			("湖北省", "恩施州", "利川市"),
			("浙江省", "杭州", "西湖"),
			("四川省", "成都市", "高新区"),
			("重庆市", "重庆市", "城口县"),
		):
			with self.subTest(place):
				province, city, district = place
				self.assertEqual(find(province=province, city=city, district=district, mobile="2*"), [])

	def test_divisions_that_do_not_belong_together(self) -> None:
		for place, part, name, within in (
			(("火星省", "杭州市", "西湖区"), "province", "火星省", ""),
			(("浙江省", "南京市", "玄武区"), "city", "南京市", "浙江省"),
			(("浙江省", "杭州市", "玄武区"), "district", "玄武区", "杭州市"),
		):
			with self.subTest(place):
				province, city, district = place
				wanted = [("address_unknown", {"part": part, "name": name, "within": within})]
				self.assertEqual(find(province=province, city=city, district=district), wanted)

	def test_every_official_place_is_known(self) -> None:
		for province, cities in divisions.read_table().items():
			for city, districts in cities.items():
				for district in districts:
					self.assertEqual(divisions.find_contradiction(province, city, district), "", district)
					self.assertEqual(divisions.find_missing(province, city, district), "")

	def test_phones(self) -> None:
		for good in (
			"13812345678",
			"+86 138-1234-5678",
			"15400000000",
			"13812345678-1234",
			"0571-88881234",
			"4001234567",
			"138****5678",
		):
			with self.subTest(good):
				self.assertEqual(find(mobile=good), [])
		self.assertEqual(find(mobile="1381234567"), [("phone_invalid", {"fault": "digits", "digits": 10})])
		self.assertEqual(find(mobile="12812345678"), [("phone_invalid", {"fault": "start", "start": "128"})])
		self.assertEqual(find(mobile=""), [("phone_invalid", {"fault": "none"})])
		self.assertIsNone(find_phone_fault("852 91234567", "香港特别行政区"))
		self.assertIsNotNone(find_phone_fault("852 91234567", "浙江省"))

	def test_a_token_stands_for_what_the_platform_hides(self) -> None:
		self.assertEqual(find(mobile="", address="", receiver="", has_token=True), [])
		self.assertEqual(
			find(mobile="", address="", has_token=True, city=""), [("address_incomplete", {"part": "city"})]
		)

	def test_quantity_and_price_against_the_listing(self) -> None:
		many = replace(GOOD.lines[0], qty=6, amount=D("60.00"))
		sums = {"goods_amount": D(60), "total_amount": D(60), "paid_amount": D(60)}
		self.assertEqual(
			find(lines=(many,), **sums), [("quantity_unusual", {"line": "SKU-A", "qty": 6, "limit": 5})]
		)
		for listed, is_found in (("12.50", False), ("12.51", True), ("8.33", True), ("8.34", False)):
			with self.subTest(listed):
				rows = find(lines=(replace(GOOD.lines[0], listed=D(listed)),))
				self.assertEqual([code for code, _ in rows], ["price_mismatch"] if is_found else [])
		floor = replace(GOOD.lines[0], floor=D("10.01"))
		self.assertEqual(
			find(lines=(floor,)), [("price_mismatch", {"line": "SKU-A", "price": "10.00", "floor": "10.01"})]
		)

	def test_money(self) -> None:
		self.assertEqual(
			find(goods_amount=D("20.02")),
			[("amount_mismatch", {"sum": "total", "found": "20.02", "wanted": "20.00"})],
		)
		self.assertEqual(find(goods_amount=D("20.01")), [])
		self.assertEqual(
			find(paid_amount=D("15.00")),
			[("amount_mismatch", {"sum": "paid", "found": "15.00", "wanted": "20.00"})],
		)
		self.assertEqual(find(paid_amount=D("15.00"), platform_discount_amount=D("5.00")), [])
		self.assertEqual(find(paid_amount=D("25.00")), [])

	def test_the_rest(self) -> None:
		self.assertEqual(
			find(province="西藏", city="拉萨市", district="城关区"),
			[("region_remote", {"region": "西藏自治区"})],
		)
		self.assertEqual(
			find(province="四川省", city="甘孜藏族自治州", district="康定市"),
			[("region_remote", {"region": "四川省 甘孜"})],
		)
		self.assertEqual(find(buyer_message="红色"), [("memo_present", {"who": "buyer"})])
		self.assertEqual(find(invoice="None"), [])
		self.assertEqual(find(invoice="Company"), [("invoice_requested", {"kind": "Company"})])
		self.assertEqual(find(twins=["SO-0"]), [("duplicate_suspected", {"orders": ["SO-0"]})])
		self.assertEqual(
			find(is_blocked=True, blocked_reason="fraud"), [("buyer_blocked", {"reason": "fraud"})]
		)
		self.assertEqual(
			find(order_type="Presale", paid_amount=D("5.00")), [("balance_unpaid", {"owed": "15.00"})]
		)

	@given(
		st.lists(st.tuples(st.integers(1, 9), st.integers(0, 10**6)), min_size=1, max_size=8),
		st.integers(0, 10**4),
		st.integers(0, 10**4),
		st.integers(-300, 300),
	)
	def test_sums_are_exact(self, lines, discount, freight, error) -> None:
		"""An order that adds up in cents passes; one that is off by more than the threshold does not."""
		amounts = [qty * price for qty, price in lines]
		discount = min(discount, sum(amounts))
		amounts[0], total = amounts[0] - discount, sum(amounts) - discount + freight
		found = find(
			lines=tuple(Line(str(at), "x", 1, D(0), D(cents) / 100) for at, cents in enumerate(amounts)),
			goods_amount=D(sum(amounts) + discount) / 100,
			discount_amount=D(discount) / 100,
			freight_amount=D(freight) / 100,
			total_amount=D(total + error) / 100,
			paid_amount=D(0),
		)
		is_off = any(code == "amount_mismatch" for code, _details in found)
		self.assertEqual(is_off, abs(error) > 1)
