"""The world's rules: amounts add up, states only go forward, lists hold what they should."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.amounts import split_amount
from sandbox.buyers import move_on
from sandbox.clock import Clock
from sandbox.generator import Generator
from sandbox.index import TimeIndex
from sandbox.model import PLATFORMS, STATES, Receiver, Refusal
from sandbox.world import World, cut_page, is_visible

SEVERAL = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NEXT = {
	"unpaid": {"unpaid", "paid", "closed"},
	"paid": {"paid", "part_shipped", "shipped", "closed"},
	"part_shipped": {"part_shipped", "shipped", "closed"},
	"shipped": {"shipped", "completed", "closed"},
	"completed": {"completed", "closed"},
	"closed": {"closed"},
}
SOMEBODY = Receiver("王小禾", "15400000001", "浙江省", "杭州市", "西湖区", "示例一路 1 号")


class StillClock(Clock):
	"""Time stands unless it is moved."""

	def __init__(self):
		super().__init__()
		self.at = 1_800_000_000.0

	def now(self):
		return self.at


@pytest.fixture
def world():
	return World(StillClock(), seed=7)


def make_shop(world, platform="Taobao"):
	shop = world.create_shop(platform, "A shop")
	return shop, [world.create_listing(shop.shop_id, f"T{n}", 100 * n + 33, f"S{n}") for n in range(1, 4)]


def create_order(world, platform="Taobao", pieces=(1,), **details):
	shop, listings = make_shop(world, platform)
	rows = list(zip(listings, pieces, strict=False))
	return world.create_order(shop.shop_id, rows, SOMEBODY, **details)


def assert_adds_up(order):
	goods = sum(line.qty * line.price for line in order.lines)
	discounts = sum(line.discount for line in order.lines) + order.seller_discount + order.platform_discount
	assert order.total == goods - discounts + order.adjust + order.freight
	assert sum(line.amount for line in order.lines) + order.freight == order.total
	assert sum(line.share for line in order.lines) == order.seller_discount + order.platform_discount
	assert sum(line.adjust for line in order.lines) == order.adjust
	assert all(line.amount >= 0 for line in order.lines)
	assert 0 <= order.refunded <= order.total
	assert sum(line.refunded for line in order.lines) == order.refunded


@given(st.integers(-10_000, 10_000), st.lists(st.integers(0, 5000), min_size=1, max_size=6))
def test_parts_add_up_and_stay_within_their_weights(amount, weights):
	parts = split_amount(amount, weights)

	assert sum(parts) == amount
	if abs(amount) <= sum(weights):
		assert all(abs(part) <= weight for part, weight in zip(parts, weights, strict=True))


@SEVERAL
@given(st.sampled_from(PLATFORMS), st.integers(0, 10**6), st.integers(1, 25))
def test_whatever_happens_amounts_add_up_and_states_go_forward(platform, seed, steps):
	world = World(StillClock(), seed)
	generator = Generator(world, seed=seed)
	shop, _ = make_shop(world, platform)
	events = []
	world.listen(lambda event: events.append((event.topic, event.order.modified)))
	order = generator.create_order(shop)
	rng = random.Random(seed)

	for _ in range(steps):
		state, modified = order.state, order.modified
		world.clock.at += rng.randrange(3)
		move_on(world, generator, rng, order)
		assert order.state in NEXT[state]
		assert order.modified >= modified
		assert_adds_up(order)
		shipped = [line_no for parcel in order.parcels for line_no in parcel.line_nos]
		assert sorted(shipped) == sorted(line.line_no for line in order.lines if line.is_shipped)

	assert world.list_orders(shop.shop_id, 0, 2e9) == ([order] if is_visible(order) else [])
	assert [modified for _, modified in events] == sorted(modified for _, modified in events)
	assert [row[2] for row in world.books[shop.shop_id].modified.rows] == (
		[order] if is_visible(order) else []
	)


@SEVERAL
@given(
	st.lists(st.integers(0, 50), max_size=40),
	st.integers(1, 7),
	st.booleans(),
	st.integers(0, 50),
	st.integers(0, 50),
)
def test_pages_part_the_list(times, size, newest_first, start, end):
	world = World(StillClock())
	shop, listings = make_shop(world)
	for at in times:
		world.create_order(shop.shop_id, [(listings[0], 1)], SOMEBODY, created=1000.0 + at)
	wanted = sorted(1000 + at for at in times if start <= at <= end)

	found, page = [], 0
	while True:
		page += 1
		rows, total = world.get_page(
			shop.shop_id, 1000 + start, 1000 + end, page, size, "created", newest_first
		)
		assert total == len(wanted)
		filtered = world.get_page(
			shop.shop_id, 1000 + start, 1000 + end, page, size, "created", newest_first, states=STATES
		)
		assert filtered == (rows, total)
		if not rows:
			break
		assert len(rows) <= size
		found += [order.created for order in rows]
	assert found == (wanted[::-1] if newest_first else wanted)
	assert page == -(-len(wanted) // size) + 1


def test_an_index_compares_whole_seconds():
	index = TimeIndex()
	for number, at in enumerate((10.0, 10.9, 11.0, 12.5), 1):
		index.add(at, number, number)

	def take(start, end):
		low, high = index.find_span(start, end)
		return [row[2] for row in index.rows[low:high]]

	assert take(10, 10) == [1, 2]
	assert take(11, 12) == [3, 4]
	assert take(12, 11) == []
	assert index.remove(10.9, 2) and not index.remove(10.9, 2)
	assert take(0, 99) == [1, 3, 4]


def test_a_page_beyond_the_end_is_empty():
	assert cut_page([1, 2, 3], 1, 2) == ([3, 2], 3)
	assert cut_page([1, 2, 3], 2, 2) == ([1], 3)
	assert cut_page([1, 2, 3], 3, 2) == ([], 3)
	assert cut_page([1, 2, 3], 2, 2, newest_first=False) == ([3], 3)


@pytest.mark.parametrize(
	("before", "action"),
	[
		((), "ship"),
		((), "complete"),
		((), "lock"),
		(("pay",), "pay"),
		(("pay",), "cancel"),
		(("pay",), "complete"),
		(("pay", "lock"), "ship"),
		(("pay", "review"), "ship"),
		(("pay", "ship"), "ship"),
		(("pay", "ship"), "change_address"),
		(("pay", "ship", "complete"), "complete"),
		(("cancel",), "pay"),
	],
)
def test_a_move_that_the_platform_forbids_changes_nothing(world, before, action):
	order = create_order(world)
	for step in before:
		world.move_order(order, step)
	world.clock.at += 5
	world.dirty.clear()
	state, modified = order.state, order.modified
	details = {"city": "宁波市"} if action == "change_address" else {}

	with pytest.raises(Refusal) as refusal:
		world.move_order(order, action, **details)

	assert refusal.value.code in ("wrong_state", "locked", "line_shipped")
	assert (order.state, order.modified, world.dirty) == (state, modified, {})


def test_a_change_comes_to_the_end_of_the_list(world):
	first, second = create_order(world), None
	world.clock.at += 10
	listings = world.list_listings(first.shop_id)
	second = world.create_order(first.shop_id, [(listings[0], 1)], SOMEBODY)
	world.clock.at += 10
	world.move_order(first, "change_memo", memo="x")

	assert first.modified == world.clock.at
	assert world.list_orders(first.shop_id, 0, 2e9) == [second, first]
	assert world.list_orders(first.shop_id, 0, 2e9, by="created") == [first, second]
	world.clock.at -= 1000  # a clock that is put back doesn't take the order back with it
	world.move_order(first, "touch")
	assert first.modified == world.clock.at + 1000


def test_payment_takes_the_stock(world):
	order = create_order(world, pieces=(2, 60))
	listings = world.list_listings(order.shop_id)
	listings[1].stock = 50

	world.move_order(order, "pay")

	assert [row.stock for row in listings] == [98, 0, 100]


def test_parcels_until_all_lines_are_out(world):
	order = create_order(world, pieces=(1, 1, 1))
	first, second, third = (line.line_no for line in order.lines)
	world.move_order(order, "pay")

	world.confirm_parcel(order, "YTO", "YT1", [first])
	world.confirm_parcel(order, "YTO", "YT1", [first])
	with pytest.raises(Refusal, match="line_shipped"):
		world.confirm_parcel(order, "YTO", "YT2", [first, second])
	assert order.state == "part_shipped"
	world.confirm_parcel(order, "ZTO", "ZT1")

	assert order.state == "shipped"
	assert [(row.waybill_no, row.line_nos, row.confirmations) for row in order.parcels] == [
		("YT1", [first], 2),
		("ZT1", [second, third], 1),
	]


def test_a_refund_of_all_closes_the_order(world):
	order = create_order(world, "JD", pieces=(1, 2), freight=500)
	world.move_order(order, "pay")

	refund = world.open_refund(order, "before_ship")
	assert (refund.amount, order.state) == (133 + 2 * 233, "paid")
	world.move_refund(refund, "agree")
	assert (refund.state, order.refunded) == ("refunding", 0)
	world.move_refund(refund, "finish")

	assert (refund.state, order.state, order.refunded) == ("refunded", "closed", 599)
	assert [line.refund for line in order.lines] == ["refunded", "refunded"]


def test_a_refund_of_one_line_leaves_the_rest_to_ship(world):
	order = create_order(world, "Douyin", pieces=(1, 1))
	world.move_order(order, "pay")
	refund = world.open_refund(order, "before_ship", [order.lines[0].line_no])
	world.move_refund(refund, "succeed")

	assert order.state == "paid"
	world.move_order(order, "ship")
	assert order.parcels[0].line_nos == [order.lines[1].line_no]
	assert order.state == "shipped"


def test_taobao_makes_a_case_for_each_line(world):
	order = create_order(world, pieces=(1, 1))
	world.move_order(order, "pay")

	world.open_refund(order, "before_ship")

	cases = world.list_order_refunds(order)
	assert [(case.line_nos, case.amount) for case in cases] == [
		([order.lines[0].line_no], 133),
		([order.lines[1].line_no], 233),
	]
	world.move_refund(cases[0], "agree")
	assert (cases[0].state, order.state, order.refunded) == ("refunded", "paid", 133)


def test_a_return_goes_its_way(world):
	order = create_order(world, "Pinduoduo")
	for step in ("pay", "ship"):
		world.move_order(order, step)
	refund = world.open_refund(order, "return")
	seen = [refund.state]
	for step in ("agree", "send_back", "confirm", "finish"):
		world.move_refund(refund, step)
		seen.append(refund.state)

	assert seen == ["requested", "wait_return", "returned", "refunding", "refunded"]
	assert refund.return_waybill_no.startswith("YT")
	with pytest.raises(Refusal, match="wrong_state"):
		world.move_refund(refund, "withdraw")


@pytest.mark.parametrize(
	("details", "code"),
	[
		({"kind": "gift"}, "bad_kind"),
		({"kind": "return"}, "wrong_state"),
		({"kind": "before_ship", "line_nos": ["no such"]}, "unknown_line"),
		({"kind": "before_ship", "amount": 134}, "bad_amount"),
	],
)
def test_a_wrong_request_for_a_refund_opens_nothing(world, details, code):
	order = create_order(world)
	world.move_order(order, "pay")

	with pytest.raises(Refusal) as refusal:
		world.open_refund(order, **details)

	assert refusal.value.code == code
	assert world.list_order_refunds(order) == []


@pytest.mark.parametrize(
	"details", [{"seller_discount": 134}, {"platform_discount": -1}, {"adjust": -134}, {"freight": -1}]
)
def test_amounts_below_nothing_are_refused(world, details):
	with pytest.raises(Refusal, match="bad_amounts"):
		create_order(world, **details)
	assert world.order_count == 0


def test_an_order_that_is_hidden_leaves_no_trace(world):
	order = create_order(world)
	world.move_order(order, "pay")
	refund = world.open_refund(order, "before_ship")
	modified, events = order.modified, []
	world.listen(events.append)
	world.clock.at += 100

	world.move_order(order, "hide")
	assert world.find_order(order.shop_id, order.order_no) is None
	assert world.get_page(order.shop_id, 0, 2e9, 1, 10) == ([], 0)
	assert world.list_refunds(order.shop_id, 0, 2e9) == []
	assert world.find_refund(order.shop_id, refund.case_no) is None
	world.move_order(order, "reveal")
	world.move_order(order, "reveal")

	assert world.get_page(order.shop_id, 0, 2e9, 1, 10) == ([order], 1)
	assert world.list_refunds(order.shop_id, 0, 2e9) == [refund]
	assert (order.modified, events) == (modified, [])


def test_pinduoduo_shows_paid_orders_only(world):
	order = create_order(world, "Pinduoduo")
	events = []
	world.listen(lambda event: events.append(event.topic))

	assert world.list_orders(order.shop_id, 0, 2e9) == []
	world.move_order(order, "pay")

	assert world.list_orders(order.shop_id, 0, 2e9) == [order]
	assert world.list_orders(order.shop_id, 0, 2e9, by="paid") == [order]
	assert events == ["order_paid"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_numbers_are_never_given_twice(world, platform):
	shop, listings = make_shop(world, platform)
	orders = [world.create_order(shop.shop_id, [(row, 1) for row in listings], SOMEBODY) for _ in range(300)]
	numbers = [order.order_no for order in orders]
	lines = [(order.order_no, line.line_no) for order in orders for line in order.lines]

	assert len(set(numbers)) == 300
	assert len(set(lines)) == 900
	if platform in ("Taobao", "Douyin"):
		assert len({line_no for _, line_no in lines} | set(numbers)) == 1200
		assert all(2**32 < int(number) < 2**63 for number in numbers)


# Tokens


def test_tokens_die_and_are_renewed(world):
	shop = world.create_shop("Douyin", "A", token_life_s=100, refresh_life_s=1000)
	tokens, access, refresh = world.tokens, shop.access_token, shop.refresh_token

	assert tokens.check("Douyin", shop.app_key, access) == (shop, "")
	assert tokens.check("Douyin", "other", access) == (shop, "foreign_app")
	assert tokens.check("JD", shop.app_key, access) == (None, "unknown")
	world.clock.at += 100
	assert tokens.check("Douyin", shop.app_key, access) == (shop, "expired")
	assert tokens.check_refresh("Douyin", shop.app_key, refresh) == (shop, "")
	tokens.rotate(shop)
	assert tokens.check("Douyin", shop.app_key, access) == (shop, "expired")
	assert tokens.check("Douyin", shop.app_key, shop.access_token) == (shop, "")
	assert tokens.check_refresh("Douyin", shop.app_key, refresh) == (shop, "expired")


def test_an_old_pair_may_live_on_a_while(world):
	shop = world.create_shop("Douyin", "A")
	access = shop.access_token
	world.tokens.rotate(shop, keep_old_s=3600)

	assert world.tokens.check("Douyin", shop.app_key, access) == (shop, "")
	world.clock.at += 3600
	assert world.tokens.check("Douyin", shop.app_key, access) == (shop, "expired")


def test_a_withdrawn_authorisation_needs_a_new_code(world):
	shop = world.create_shop("Taobao", "A")
	world.tokens.revoke(shop)

	assert world.tokens.check("Taobao", shop.app_key, shop.access_token) == (shop, "expired")
	assert world.tokens.check_refresh("Taobao", shop.app_key, shop.refresh_token) == (shop, "expired")
	code = world.tokens.make_code(shop)
	assert world.tokens.exchange_code("Taobao", "other", code) is None
	assert world.tokens.exchange_code("Taobao", shop.app_key, code) is shop
	assert world.tokens.exchange_code("Taobao", shop.app_key, code) is None
	assert world.tokens.check("Taobao", shop.app_key, shop.access_token) == (shop, "")


def test_shops_of_a_platform_share_an_app(world):
	first, second = (world.create_shop("JD", name) for name in "ab")
	other = world.create_shop("JD", "c", app_key="mine", app_secret="secret")

	assert (first.app_key, first.app_secret) == (second.app_key, second.app_secret)
	assert first.access_token != second.access_token
	assert other.app_secret == "secret"
	with pytest.raises(Refusal, match="app_exists"):
		world.create_shop("JD", "d", app_key="mine", app_secret="another")
	with pytest.raises(Refusal, match="shop_exists"):
		world.create_shop("JD", "e", shop_id=first.shop_id)
	assert len(world.shops) == 3
