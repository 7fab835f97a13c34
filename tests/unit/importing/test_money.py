"""Money: what is read as an amount, what is refused, and that sharing out never loses a cent."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storegroup_oms.orders.money import MoneyError, allocate, allocate_remainder, round_money, to_money

CENTS = st.integers(min_value=0, max_value=10**9).map(lambda cents: Decimal(cents).scaleb(-2))


@pytest.mark.parametrize(
	("text", "amount"),
	[
		("1,234.50", "1234.50"),
		("￥12.00", "12.00"),
		("¥ 12", "12.00"),
		("12元", "12.00"),
		("１２．３４", "12.34"),
		("１，２３４．５", "1234.50"),
		("178.8", "178.80"),
		("12.3400", "12.34"),
		("5.", "5.00"),
		("-0", "0.00"),
		("-3.10", "-3.10"),
		(" 7 ", "7.00"),
		(9, "9.00"),
		(Decimal("2.50"), "2.50"),
		("9999999999.99", "9999999999.99"),
	],
)
def test_amounts_are_read(text, amount):
	assert str(to_money(text)) == amount


@pytest.mark.parametrize(
	("text", "code"),
	[
		("", "empty"),
		(None, "empty"),
		("   ", "empty"),
		("12.345", "too_many_decimals"),
		(Decimal("0.001"), "too_many_decimals"),
		("10000000000", "too_large"),
		(Decimal("1e40"), "too_large"),
		("1,23.50", "not_a_number"),
		("1.2.3", "not_a_number"),
		("=1+1", "not_a_number"),
		("1e5", "not_a_number"),
		("NaN", "not_a_number"),
		(Decimal("NaN"), "not_a_number"),
		("١٢", "not_a_number"),
		("9" * 5000, "not_a_number"),
		("twelve", "not_a_number"),
	],
)
def test_unclear_amounts_are_refused(text, code):
	with pytest.raises(MoneyError) as caught:
		to_money(text)
	assert caught.value.code == code


@pytest.mark.parametrize("value", [1.5, 0.0, True])
def test_floats_are_never_money(value):
	with pytest.raises(TypeError):
		to_money(value)


def test_half_a_cent_rounds_away_from_zero():
	assert [round_money(Decimal(text)) for text in ("0.005", "2.675", "-0.005")] == [
		Decimal("0.01"),
		Decimal("2.68"),
		Decimal("-0.01"),
	]


@settings(deadline=None)
@given(total=CENTS, weights=st.lists(CENTS, min_size=1, max_size=20))
def test_shares_sum_exactly(total, weights):
	shares = allocate(total, weights)
	assert sum(shares) == total
	assert all(share >= 0 and share == round_money(share) for share in shares)
	assert allocate(-total, weights) == [-share for share in shares]


@settings(deadline=None)
@given(weights=st.lists(CENTS, min_size=1, max_size=20), part=st.integers(0, 1000))
def test_a_share_never_exceeds_its_weight(weights, part):
	total = (sum(weights) * part / 1000).quantize(Decimal("0.01"), rounding="ROUND_DOWN")
	shares = allocate(total, weights)
	assert sum(shares) == total
	assert all(share <= weight for share, weight in zip(shares, weights, strict=True))


def test_the_remainder_goes_to_the_largest():
	assert allocate(Decimal("10.00"), [1, 1, 1]) == [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]
	assert allocate(Decimal("1.00"), [10, 30, 20]) == [Decimal("0.16"), Decimal("0.51"), Decimal("0.33")]
	assert allocate(Decimal("0.02"), [Decimal("0.01")] * 3) == [Decimal("0.01"), Decimal("0.01"), Decimal(0)]
	assert allocate(Decimal("0.01"), [0, 0]) == [Decimal("0.01"), Decimal(0)]


def test_impossible_allocations_are_refused():
	for total, weights in ((Decimal(1), []), (Decimal(1), [-1, 2]), (Decimal("0.001"), [1])):
		with pytest.raises(ValueError):
			allocate(total, weights)
	assert allocate(Decimal(0), []) == []


@settings(deadline=None)
@given(total=CENTS, amounts=st.lists(CENTS, min_size=1, max_size=9))
def test_the_difference_goes_on_the_largest_amount(total, amounts):
	result = allocate_remainder(total, amounts)
	assert sum(result) == total
	assert sum(before != after for before, after in zip(amounts, result, strict=True)) <= 1
