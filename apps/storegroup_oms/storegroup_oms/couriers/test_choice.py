"""Which courier takes a parcel: what rules out, what rules say, then burden; every loser has a reason."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from storegroup_oms.couriers.choice import AVOID, PREFER, USE, Book, Need, Rule, choose
from storegroup_oms.couriers.lanes import Couriers, Lane, ProvinceSurcharge
from storegroup_oms.couriers.rates import Surcharge
from storegroup_oms.tests.compat import UnitTest

DAY = date(2026, 11, 11)
NAMES = ("中通", "圆通", "顺丰")


def make_book(*rules: Rule, days: dict | None = None, **values) -> Book:
	lanes = [
		Lane("中通", "", "浙江省", "", True, Decimal("3.00"), Decimal("1.00")),
		Lane("圆通", "", "浙江省", "", True, Decimal("2.80"), Decimal("1.50")),
		Lane("顺丰", "", "", "", True, Decimal("12.00"), Decimal("2.00")),
	]
	defaults = {"limits": dict.fromkeys(NAMES, 0), "lanes": lanes}
	return Book(Couriers(**{**defaults, **values}), rules, days or {})


def make_need(**values) -> Need:
	defaults = {"warehouse": "杭州仓", "province": "浙江省", "city": "宁波市", "weight_g": 800}
	return Need("SH-1", **{**defaults, **values})


def get_reasons(choice) -> dict[str, list[str]]:
	return {one.courier: [code for code, _facts in one.reasons] for one in choice.candidates}


class TestBurden(UnitTest):
	def test_the_cheapest_wins_where_all_are_as_fast(self):
		choice = choose(make_need(), make_book(), DAY)

		self.assertEqual((choice.courier, choice.price, choice.rule), ("圆通", Decimal("2.80"), ""))
		self.assertEqual(get_reasons(choice), {"圆通": [], "中通": ["dearer"], "顺丰": ["dearer"]})

	def test_by_weight_another_one_is_cheaper(self):
		choice = choose(make_need(weight_g=2001), make_book(), DAY)

		self.assertEqual((choice.courier, choice.price), ("中通", Decimal("5.00")))

	def test_a_day_of_waiting_counts(self):
		days = {("中通", "杭州仓", "浙江省"): Decimal("1.0"), ("圆通", "", "浙江省"): Decimal("2.0")}
		choice = choose(make_need(), make_book(days=days), DAY)

		self.assertEqual(choice.courier, "中通")
		self.assertEqual(
			[one.burden for one in choice.candidates], [Decimal("3.30"), Decimal("3.40"), Decimal("12.90")]
		)

	def test_volume_and_surcharges_count(self):
		surcharges = {
			"圆通": [ProvinceSurcharge(Surcharge("旺季", Decimal("0.50"), date(2026, 11, 1)), "浙江省")]
		}
		book = make_book(divisors={"中通": 8000}, surcharges=surcharges)

		self.assertEqual(choose(make_need(), book, DAY).courier, "中通")
		self.assertEqual(choose(make_need(), book, date(2026, 10, 31)).courier, "圆通")
		bulky = choose(make_need(volume_cm3=16_001), book, DAY)
		self.assertEqual(bulky.courier, "圆通")
		self.assertEqual(bulky.candidates[0].parts, (("first", Decimal("2.80")), ("旺季", Decimal("0.50"))))

	def test_an_unknown_price_comes_last(self):
		book = make_book(lanes=[Lane("顺丰", first_cost=Decimal(12))])
		choice = choose(make_need(), book, DAY)

		self.assertEqual(choice.courier, "顺丰")
		self.assertEqual(get_reasons(choice)["中通"], ["price_unknown"])

	def test_at_equal_burden_priority_decides(self):
		book = make_book(lanes=[], priorities={"顺丰": 1, "中通": 2, "圆通": 3})
		choice = choose(make_need(), book, DAY)

		self.assertEqual(choice.courier, "顺丰")
		self.assertEqual(get_reasons(choice)["圆通"], ["lower_priority"])


class TestRuledOut(UnitTest):
	def test_weight_region_and_account(self):
		lanes = [Lane("顺丰", "", "西藏自治区", is_served=False), Lane("中通", first_cost=Decimal(9))]
		book = make_book(limits={"中通": 0, "圆通": 500, "顺丰": 0}, lanes=lanes)

		def ask(name: str, courier: str) -> str:
			return "没有单号" if courier == "中通" else ""

		choice = choose(make_need(province="西藏自治区", city=""), book, DAY, ask)

		self.assertEqual(choice.courier, "")
		self.assertIsNone(choice.price)
		self.assertEqual(
			get_reasons(choice), {"中通": ["no_account"], "圆通": ["too_heavy"], "顺丰": ["unserved"]}
		)

	def test_a_site_without_couriers(self):
		self.assertEqual(choose(make_need(), Book(Couriers()), DAY).candidates, [])


class TestRules(UnitTest):
	def test_use_names_the_only_one(self):
		choice = choose(make_need(), make_book(Rule("贵重", USE, "顺丰")), DAY)
		self.assertEqual((choice.courier, choice.rule), ("顺丰", "贵重"))
		self.assertEqual(get_reasons(choice)["圆通"], ["other_demanded"])

		heavy = make_book(Rule("贵重", USE, "顺丰"), limits={"中通": 0, "圆通": 0, "顺丰": 500})
		self.assertEqual(choose(make_need(), heavy, DAY).courier, "")

	def test_prefer_gives_way_where_it_cannot(self):
		rule = Rule("快", PREFER, "顺丰")
		self.assertEqual(choose(make_need(), make_book(rule), DAY).courier, "顺丰")

		heavy = make_book(rule, limits={"中通": 0, "圆通": 0, "顺丰": 500})
		choice = choose(make_need(), heavy, DAY)
		self.assertEqual((choice.courier, choice.rule), ("圆通", ""))

	def test_avoid_keeps_out(self):
		choice = choose(make_need(), make_book(Rule("投诉多", AVOID, "圆通")), DAY)
		self.assertEqual(choice.courier, "中通")
		self.assertEqual(get_reasons(choice)["圆通"], ["avoided"])

	def test_the_first_by_rank_decides(self):
		rules = (Rule("乙", PREFER, "中通", rank=2), Rule("甲", PREFER, "顺丰", rank=1))
		self.assertEqual(choose(make_need(), make_book(*rules), DAY).rule, "甲")

	def test_conditions(self):
		need = make_need(
			shops=frozenset({"店一"}),
			platforms=frozenset({"JD"}),
			amount=Decimal(200),
			skus=frozenset({"A"}),
			tags=frozenset({"易碎"}),
			tiers=frozenset({"金牌"}),
		)
		fitting = (
			{"shop": "店一"},
			{"platform": "JD"},
			{"warehouse": "杭州仓"},
			{"province": "浙江省", "city": "宁波市"},
			{"from_g": 800, "to_g": 800},
			{"from_amount": Decimal(200)},
			{"sku": "A"},
			{"tag": "易碎"},
			{"tier": "金牌"},
			{"from_day": DAY, "to_day": DAY},
		)
		other = (
			{"shop": "店二"},
			{"platform": "Taobao"},
			{"warehouse": "广州仓"},
			{"province": "浙江省", "city": "杭州市"},
			{"from_g": 801},
			{"to_g": 799},
			{"from_amount": Decimal("200.01")},
			{"sku": "B"},
			{"tag": "急"},
			{"tier": "银牌"},
			{"from_day": date(2026, 11, 12)},
			{"to_day": date(2026, 11, 10)},
		)
		for conditions in fitting:
			with self.subTest(conditions):
				self.assertTrue(Rule("r", USE, "顺丰", **conditions).fits(need, DAY))
		for conditions in other:
			with self.subTest(conditions):
				self.assertFalse(Rule("r", USE, "顺丰", **conditions).fits(need, DAY))


class TestAlways(UnitTest):
	@given(
		weight=st.integers(0, 40_000),
		limits=st.fixed_dictionaries({name: st.sampled_from((0, 500, 30_000)) for name in NAMES}),
		rules=st.lists(
			st.builds(
				Rule,
				name=st.sampled_from(("r1", "r2", "r3")),
				action=st.sampled_from((USE, PREFER, AVOID)),
				courier=st.sampled_from(NAMES),
				rank=st.integers(0, 3),
			),
			max_size=4,
		),
	)
	def test_a_winner_has_no_reason_and_every_loser_has_one(self, weight, limits, rules):
		choice = choose(make_need(weight_g=weight), make_book(*rules, limits=limits), DAY)

		reasons = get_reasons(choice)
		self.assertEqual(sorted(reasons), sorted(NAMES))
		self.assertEqual(
			[name for name, codes in reasons.items() if not codes], [choice.courier] if choice.courier else []
		)
		if choice.courier:
			self.assertEqual(choice.candidates[0].courier, choice.courier)
			self.assertFalse(limits[choice.courier] and weight > limits[choice.courier])
