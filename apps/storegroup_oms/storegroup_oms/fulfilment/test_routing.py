"""Which warehouse sends: cases with known answers, and what each loser is told to have lost by."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from storegroup_oms.couriers.lanes import Couriers, Lane
from storegroup_oms.fulfilment.distances import CAPITALS, INSIDE_PROVINCE_KM, find_distance_km
from storegroup_oms.fulfilment.routing import Line, Need, Place, Policy, route
from storegroup_oms.orders.importing.addresses import PROVINCES
from storegroup_oms.tests.compat import UnitTest

HANGZHOU = Place("杭州仓", province="浙江省", city="杭州市", priority=10)
GUANGZHOU = Place("广州仓", province="广东省", city="广州市", priority=10)
CHENGDU = Place("成都仓", province="四川省", city="成都市", priority=10)
ALL = (HANGZHOU, GUANGZHOU, CHENGDU)
EQUAL = Policy(weights=dict.fromkeys(("region", "distance", "cost", "load", "priority"), 20))


def change(place: Place, **values) -> Place:
	return Place(**{**place.__dict__, **values})


def make_need(*lines: tuple[str, int], province: str = "浙江省", city: str = "宁波市", **values) -> Need:
	rows = [
		Line(f"line {number}", units, {sku: 1}) for number, (sku, units) in enumerate(lines or [("A", 1)])
	]
	return Need("order", rows, province, city, **values)


def stock(**pieces: dict[str, int]) -> dict:
	"""SKU=… {warehouse: pieces} as the facts that `route` wants."""
	return {(sku, name): count for sku, places in pieces.items() for name, count in places.items()}


EVERYWHERE = {"杭州仓": 9, "广州仓": 9, "成都仓": 9}


class RoutingTest(UnitTest):
	def decide(self, need=None, places=ALL, free=None, couriers=None, policy=EQUAL):
		free = stock(A=EVERYWHERE) if free is None else free
		return route(need or make_need(), places, free, couriers or Couriers(), policy)

	def get_reasons(self, decision) -> dict[str, list]:
		return {row.name: row.reasons for row in decision.candidates}

	def get_codes(self, decision) -> dict[str, list[str]]:
		return {name: [code for code, _facts in rows] for name, rows in self.get_reasons(decision).items()}


class TestOneWarehouse(RoutingTest):
	def test_the_nearest_sends(self):
		decision = self.decide()

		self.assertEqual((decision.chosen, decision.is_full), ({"杭州仓": {"line 0": 1}}, True))
		self.assertEqual(
			self.get_reasons(decision),
			{
				"杭州仓": [],
				"广州仓": [("farther", {"km": 1048, "by_km": 898})],
				"成都仓": [("farther", {"km": 1541, "by_km": 1391})],
			},
		)

	def test_one_that_lacks_goods_is_out_and_says_which(self):
		need = make_need(("A", 3), ("B", 1))
		free = stock(A={"杭州仓": 1, "广州仓": 3}, B={"广州仓": 1})

		decision = self.decide(need, free=free)

		self.assertEqual(decision.warehouses, ["广州仓"])
		self.assertEqual(self.get_reasons(decision)["杭州仓"], [("lacks", {"pieces": {"A": 2, "B": 1}})])
		self.assertEqual(self.get_reasons(decision)["成都仓"], [("lacks", {"pieces": {"A": 3, "B": 1}})])

	def test_components_of_bundles_are_counted_together(self):
		need = Need("order", [Line("set", 2, {"A": 1, "B": 3}), Line("single", 1, {"B": 1})], "浙江省")
		enough = stock(A=EVERYWHERE, B={"杭州仓": 6, "广州仓": 7})

		self.assertEqual(self.decide(need, free=enough).warehouses, ["广州仓"])

	def test_a_region_that_is_not_served(self):
		only_south = change(HANGZHOU, serves={("广东省", ""): 1}, serves_only=True)
		decision = self.decide(make_need(province="西藏自治区", city=""), (only_south, CHENGDU))

		self.assertEqual(decision.warehouses, ["成都仓"])
		self.assertEqual(
			self.get_reasons(decision)["杭州仓"],
			[("region_unserved", {"province": "西藏自治区", "city": ""})],
		)

	def test_regions_listed_first_go_before_distance(self):
		places = (HANGZHOU, change(GUANGZHOU, serves={("浙江省", ""): 1, ("浙江省", "宁波市"): 1}))
		weights = {"region": 60, "distance": 20}

		decision = self.decide(places=places, policy=Policy(weights=weights))

		self.assertEqual(decision.warehouses, ["广州仓"])
		self.assertEqual(self.get_codes(decision)["杭州仓"], ["region_later"])

	def test_a_city_of_its_own_goes_before_its_province(self):
		listed = {("浙江省", ""): 5, ("浙江省", "宁波市"): 1}
		places = (
			change(HANGZHOU, serves={("浙江省", ""): 2}),
			change(CHENGDU, serves=listed),
		)
		decision = self.decide(places=places, policy=Policy(weights={"region": 1}))

		self.assertEqual([row.scores["region"] for row in decision.candidates], [100, 90])
		self.assertEqual(decision.warehouses, ["成都仓"])

	def test_a_full_warehouse_leaves_it_to_another(self):
		places = (
			change(HANGZHOU, daily_capacity=100, load=96),
			change(CHENGDU, daily_capacity=100, load=4),
		)
		decision = self.decide(places=places, policy=Policy(weights={"load": 1}))

		self.assertEqual(decision.warehouses, ["成都仓"])
		self.assertEqual(self.get_reasons(decision)["杭州仓"], [("load_higher", {"percent": 96})])

	def test_priority_and_the_shops_own(self):
		places = (change(HANGZHOU, priority=20), GUANGZHOU)
		policy = Policy(weights={"priority": 1})

		decision = self.decide(places=places, policy=policy)
		self.assertEqual(decision.warehouses, ["广州仓"])
		self.assertEqual(self.get_reasons(decision)["杭州仓"], [("priority_lower", {"priority": 20})])

		own = self.decide(make_need(preferred="杭州仓"), places, policy=policy)
		self.assertEqual(own.warehouses, ["杭州仓"])

	def test_equals_are_ranked_by_name(self):
		places = [Place(name, province="浙江省") for name in ("C", "A", "B")]
		decision = self.decide(places=places, free=stock(A={"A": 1, "B": 1, "C": 1}))

		self.assertEqual([row.name for row in decision.candidates], ["A", "B", "C"])
		self.assertEqual(self.get_reasons(decision)["B"], [("name_later", {"warehouse": "A"})])

	def test_places_that_do_not_send(self):
		places = (
			change(HANGZHOU, is_active=False),
			change(GUANGZHOU, kind="Returns"),
			change(CHENGDU, kind="Platform"),
		)
		decision = self.decide(places=places)

		self.assertEqual((decision.chosen, decision.reason), ({}, "warehouse_missing"))
		self.assertEqual(
			self.get_codes(decision),
			{"广州仓": ["kind_excluded"], "成都仓": ["kind_excluded"], "杭州仓": ["switched_off"]},
		)
		self.assertEqual(self.decide(make_need(preferred="成都仓"), places).warehouses, ["成都仓"])

	def test_a_persons_choice_is_kept(self):
		decision = self.decide(make_need(only="成都仓"))

		self.assertEqual(decision.warehouses, ["成都仓"])
		self.assertEqual(self.get_reasons(decision)["杭州仓"], [("other_chosen", {"warehouse": "成都仓"})])

	def test_an_unknown_province_decides_nothing(self):
		decision = self.decide(make_need(province="", city=""))

		self.assertEqual({row.km for row in decision.candidates}, {None})
		self.assertEqual(self.get_codes(decision)["杭州仓"], ["name_later"])


class TestCouriers(RoutingTest):
	def test_the_cheaper_lane_wins_and_the_difference_is_told(self):
		lanes = [
			Lane("圆通", "杭州仓", "浙江省", "", True, Decimal("6.20"), Decimal(1)),
			Lane("圆通", "广州仓", "浙江省", "", True, Decimal("3.00"), Decimal(1)),
			Lane("圆通", "成都仓"),
		]
		policy = Policy(weights={"cost": 1})

		decision = self.decide(make_need(weight_g=1200), couriers=Couriers({"圆通": 0}, lanes), policy=policy)

		self.assertEqual(decision.candidates[0].cost, Decimal("4.00"))
		self.assertEqual(decision.warehouses, ["广州仓"])
		self.assertEqual(self.get_reasons(decision)["杭州仓"], [("cost_higher", {"by": "3.20"})])
		self.assertEqual(self.get_codes(decision)["成都仓"], ["cost_unknown"])

	def test_no_courier_goes_there(self):
		lanes = [
			Lane("圆通", province="西藏自治区", is_served=False),
			Lane("中通", "杭州仓", is_served=False),
		]
		couriers = Couriers({"圆通": 0, "中通": 0}, lanes)
		need = make_need(province="西藏自治区", city="拉萨市", weight_g=500)

		decision = self.decide(need, (HANGZHOU, CHENGDU), couriers=couriers)

		self.assertEqual(decision.warehouses, ["成都仓"])
		facts = {"province": "西藏自治区", "city": "拉萨市", "weight_g": 500}
		self.assertEqual(self.get_reasons(decision)["杭州仓"], [("courier_unserved", facts)])
		self.assertEqual(self.decide(need, (HANGZHOU,), couriers=couriers).reason, "courier_unserved")

	def test_too_heavy_for_all(self):
		decision = self.decide(make_need(weight_g=30_001), couriers=Couriers({"圆通": 30_000}))

		self.assertEqual((decision.chosen, decision.reason), ({}, "courier_unserved"))

	def test_without_prices_the_step_does_not_count(self):
		decision = self.decide(couriers=Couriers({"圆通": 0}))

		self.assertEqual(decision.warehouses, ["杭州仓"])
		self.assertNotIn("cost", decision.candidates[0].scores)

	def test_the_most_exact_lane_speaks(self):
		lanes = [
			Lane("圆通", first_cost=Decimal(9)),
			Lane("圆通", "杭州仓", first_cost=Decimal(8)),
			Lane("圆通", "", "浙江省", first_cost=Decimal(7)),
			Lane("圆通", "杭州仓", "浙江省", "宁波市", first_cost=Decimal(6)),
			Lane("圆通", "杭州仓", "广东省", "宁波市", first_cost=Decimal(1)),
		]
		found = [
			Couriers(lanes=lanes).find_lane("圆通", name, province, city).first_cost
			for name, province, city in (
				("杭州仓", "浙江省", "宁波市"),
				("杭州仓", "浙江省", "温州市"),
				("杭州仓", "山东省", ""),
				("成都仓", "山东省", ""),
			)
		]
		self.assertEqual(found, [6, 7, 8, 9])
		self.assertIsNone(Couriers(lanes=lanes).find_lane("中通", "杭州仓", "浙江省", "宁波市"))

	def test_weight_is_charged_by_the_started_kilogram(self):
		lane = Lane("圆通", first_cost=Decimal(5), next_cost=Decimal("1.50"))
		self.assertEqual(
			[lane.get_cost(weight) for weight in (0, 1000, 1001, 3000)],
			[Decimal(5), Decimal(5), Decimal("6.50"), Decimal(8)],
		)


class TestSeveralWarehouses(RoutingTest):
	need = make_need(("A", 2), ("B", 2), ("C", 1))
	free = stock(A={"广州仓": 2}, B={"广州仓": 1, "成都仓": 2}, C={"成都仓": 1, "杭州仓": 1})

	def test_not_split_unless_allowed(self):
		decision = self.decide(self.need, free=self.free)

		self.assertEqual((decision.chosen, decision.is_full, decision.reason), ({}, False, "stock_short"))
		self.assertEqual(
			self.get_reasons(decision),
			{
				"杭州仓": [("lacks", {"pieces": {"A": 2, "B": 2}})],
				"广州仓": [("lacks", {"pieces": {"B": 1, "C": 1}})],
				"成都仓": [("lacks", {"pieces": {"A": 2}})],
			},
		)

	def test_split_over_as_few_as_will_do(self):
		decision = self.decide(self.need, free=self.free, policy=Policy(allow_split=True))

		self.assertEqual(
			decision.chosen, {"广州仓": {"line 0": 2, "line 1": 1}, "成都仓": {"line 1": 1, "line 2": 1}}
		)
		self.assertTrue(decision.is_full)
		self.assertEqual([row.name for row in decision.candidates], ["广州仓", "成都仓", "杭州仓"])
		self.assertEqual(self.get_codes(decision), {"广州仓": [], "成都仓": [], "杭州仓": ["lacks"]})

	def test_no_more_parcels_than_allowed(self):
		free = stock(A={"广州仓": 2}, B={"成都仓": 2}, C={"杭州仓": 1})

		two = self.decide(self.need, free=free, policy=Policy(allow_split=True, max_parcels=2))
		self.assertEqual((two.chosen, two.reason), ({}, "stock_short"))
		three = self.decide(self.need, free=free, policy=Policy(allow_split=True, max_parcels=3))
		self.assertEqual(sorted(three.chosen), sorted(["广州仓", "成都仓", "杭州仓"]))

	def test_a_part_where_allowed(self):
		decision = self.decide(self.need, free=self.free, policy=Policy(allow_partial=True))

		self.assertEqual(decision.chosen, {"广州仓": {"line 0": 2, "line 1": 1}})
		self.assertEqual((decision.is_full, decision.reason), (False, "stock_short"))

	def test_bundles_are_not_taken_apart(self):
		need = Need("order", [Line("set", 2, {"A": 1, "B": 2})], "浙江省")
		free = stock(A={"杭州仓": 2, "广州仓": 1}, B={"杭州仓": 3, "广州仓": 2})

		decision = self.decide(need, free=free, policy=Policy(allow_split=True))

		self.assertEqual(decision.chosen, {"杭州仓": {"set": 1}, "广州仓": {"set": 1}})

	def test_no_warehouse_at_all(self):
		self.assertEqual(self.decide(places=()).reason, "warehouse_missing")

	@given(
		st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 4)), min_size=1, max_size=4),
		st.dictionaries(
			st.tuples(st.sampled_from("ABC"), st.sampled_from(["杭州仓", "广州仓", "成都仓"])),
			st.integers(-1, 5),
		),
		st.booleans(),
		st.booleans(),
	)
	def test_never_more_than_there_is(self, lines, free, allow_split, allow_partial):
		need = make_need(*lines)
		policy = Policy(allow_split=allow_split, allow_partial=allow_partial, max_parcels=3)

		decision = route(need, ALL, free, Couriers(), policy)

		placed: dict[str, int] = {}
		for name, units in decision.chosen.items():
			taken: dict[str, int] = {}
			for line in need.lines:
				placed[line.key] = placed.get(line.key, 0) + units.get(line.key, 0)
				for sku in line.parts:
					taken[sku] = taken.get(sku, 0) + units.get(line.key, 0)
			self.assertFalse(any(count > max(free.get((sku, name), 0), 0) for sku, count in taken.items()))
		wanted = {line.key: line.units for line in need.lines}
		self.assertEqual(decision.is_full, placed == wanted)
		self.assertEqual(bool(decision.reason), not decision.is_full)
		self.assertTrue(all(row.reasons or row.units for row in decision.candidates))


class TestDistances(UnitTest):
	def test_every_province_has_a_place(self):
		self.assertEqual(set(CAPITALS), set(PROVINCES.values()))

	def test_known_distances(self):
		for start, end, wanted in (
			(("北京市", ""), ("上海市", ""), 1067),
			(("广东省", "广州市"), ("黑龙江省", "哈尔滨市"), 2800),
			(("浙江省", "杭州市"), ("浙江省", "杭州市"), 0),
			(("浙江省", "杭州市"), ("浙江省", "宁波市"), INSIDE_PROVINCE_KM),
			(("浙江省", ""), ("浙江省", ""), INSIDE_PROVINCE_KM),
			(("浙江", ""), ("上海市", ""), None),
		):
			with self.subTest(start=start, end=end):
				found = find_distance_km(start, end)
				self.assertTrue(found == wanted or (wanted and found and abs(found - wanted) <= 20), found)
