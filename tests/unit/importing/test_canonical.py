"""The canonical order's own rules, provinces and addresses, status words, and amounts that must add up."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from storegroup_oms.orders.canonical import CanonicalLine, CanonicalOrder, CanonicalReceiver, Status
from storegroup_oms.orders.importing.addresses import PROVINCES, find_province, split_address
from storegroup_oms.orders.importing.amounts import AmountError, LineInput, settle_lines, settle_order
from storegroup_oms.orders.importing.statuses import STATUS_WORDS, merge_statuses, read_status

UTC = UTC


def order(**changes):
	values = {
		"platform": "JD",
		"platform_order_no": "1",
		"ordered_at": datetime(2020, 2, 1, tzinfo=UTC),
		"goods_amount": "10",
		"total_amount": "10.00",
	}
	return CanonicalOrder(**(values | changes))


def test_texts_are_cleaned_and_bounded():
	made = order(
		buyer_nick="  cafe\u0301\x00\u202e\ud800 ",
		buyer_message="一\r\n二\x07" + "长" * 2000,
		receiver=CanonicalReceiver(address="文三路\n1号\x08"),
	)
	assert made.buyer_nick == "café"
	assert made.buyer_message.startswith("一\n二长") and len(made.buyer_message) == 1000
	assert made.receiver.address == "文三路 1号"
	assert len(CanonicalLine(title="长" * 500, qty=1).title) == 140


@pytest.mark.parametrize(
	"changes",
	[
		{"platform_order_no": ""},
		{"platform_order_no": "1" * 65},
		{"buyer_nick": "x" * 141},
		{"receiver": {"address": "x" * 501}},
		{"total_amount": 10.0},
		{"total_amount": "-1", "goods_amount": "-1"},
		{"total_amount": "10000000000", "goods_amount": "10000000000"},
		{"total_amount": "10.001"},
		{"goods_amount": "11"},
		{"paid_amount": "-0.01"},
		{"ordered_at": datetime(2020, 2, 1)},
		{"status": "Sent"},
		{"platform": "Amazon"},
		{"unknown": 1},
		{"lines": [{"qty": 1, "amount": "9.99"}]},
		{"lines": [{"qty": 0, "amount": "10"}]},
		{"lines": [{"qty": 1.0, "amount": "10"}]},
	],
)
def test_bad_orders_are_refused(changes):
	with pytest.raises(ValidationError):
		order(**changes)


def test_times_become_china_time():
	made = order(paid_at=datetime(2020, 2, 1, 16, tzinfo=UTC))
	assert made.paid_at.isoformat() == "2020-02-02T00:00:00+08:00"
	assert made.ordered_at.utcoffset() == timedelta(hours=8)
	assert made.modified_at is None


def test_money_stays_decimal():
	made = order(lines=[{"qty": 2, "amount": "10", "unit_price": 5}], paid_amount=Decimal("10"))
	assert (str(made.paid_amount), str(made.lines[0].unit_price)) == ("10.00", "5.00")
	assert made.model_dump(mode="json")["total_amount"] == "10.00"
	assert CanonicalOrder.model_validate_json(made.model_dump_json()) == made


def test_provinces_have_34_official_names():
	assert len(PROVINCES) == len(set(PROVINCES.values())) == 34
	for short, official in PROVINCES.items():
		assert find_province(short) == find_province(official) == official
	assert find_province(" 上 海 ") == "上海市"
	for word in ("", "海外", "江", "Shanghai", "浙江省杭州市"):
		assert find_province(word) is None


@pytest.mark.parametrize(
	("text", "parts"),
	[
		("浙江省 杭州市 西湖区 文三路 1号", ("浙江省", "杭州市", "西湖区", "文三路 1号")),
		("广东深圳市南山区科技园 3栋", ("广东省", "深圳市", "南山区", "科技园 3栋")),
		("上海 上海市 徐汇区 漕溪路", ("上海市", "上海市", "徐汇区", "漕溪路")),
		("北京朝阳区三环到四环之间", ("北京市", "北京市", "朝阳区", "三环到四环之间")),
		("北京市 北京经济技术开发区 1号", ("北京市", "北京市", "北京经济技术开发区", "1号")),
		("内蒙古自治区", ("内蒙古自治区", "", "", "")),
		("上海", ("上海市", "", "", "")),
		("吉林省吉林市船营区", ("吉林省", "吉林市", "船营区", "")),
		("广东省 东莞市 长安镇 文三路城市花园", ("广东省", "东莞市", "", "长安镇 文三路城市花园")),
		("江苏省 镇江市 句容市 文昌路", ("江苏省", "镇江市", "句容市", "文昌路")),
		("湖北省 省直辖县级行政区划 仙桃市 1号", ("湖北省", "省直辖县级行政区划", "仙桃市", "1号")),
		("云南省 大理白族自治州 大理市 *****", ("云南省", "大理白族自治州", "大理市", "*****")),
	],
)
def test_addresses_are_cut(text, parts):
	assert split_address(text) == parts


def test_an_address_abroad_is_not_cut():
	assert split_address("海外 某国") is None
	assert split_address("") is None


def test_every_status_word_leads_to_a_known_status():
	for words in STATUS_WORDS.values():
		assert set(words.values()) <= set(get_args(Status))
	assert read_status("Taobao", "买家已付款，等待卖家发货 ") == "To Review"
	assert read_status("JD", "（锁定）等待出库") == "On Hold"
	assert read_status("JD", "(删除)等待出库") == "Closed"
	assert read_status("Pinduoduo", "已发货，待签收") == "Shipped"
	assert read_status("Douyin", "部分发货") == "Partly Shipped"
	assert read_status("Taobao", "飞走了") is None
	assert read_status("Manual", "to review") == "To Review"


@pytest.mark.parametrize(
	("lines", "status"),
	[
		(["Shipped", "Shipped"], "Shipped"),
		(["Shipped", "To Review"], "Partly Shipped"),
		(["Shipped", "Closed"], "Shipped"),
		(["Closed", "Closed"], "Closed"),
		(["Completed", "Shipped"], "Shipped"),
		(["Unpaid"], "Unpaid"),
	],
)
def test_statuses_of_lines_make_one(lines, status):
	assert merge_statuses(lines) == status


CENTS = st.integers(1, 10**6).map(lambda cents: Decimal(cents).scaleb(-2))
LINES = st.lists(st.builds(LineInput, qty=st.integers(1, 50), unit_price=CENTS), min_size=1, max_size=12)


@settings(deadline=None)
@given(lines=LINES, percent=st.integers(0, 100), freight=CENTS)
def test_lines_always_sum_to_the_order(lines, percent, freight):
	goods = sum(line.gross for line in lines)
	total = (goods * percent / 100).quantize(Decimal("0.01")) + freight
	settled = settle_order(lines, freight=freight, total=total)
	assert settled.goods - settled.discount + settled.freight == settled.total == total
	amounts = settle_lines(lines, settled)
	assert sum(line.amount for line in amounts) + freight == total
	assert all(line.amount >= 0 and line.discount >= 0 for line in amounts)
	assert sum(line.discount for line in amounts) == settled.discount


def test_lines_without_a_price_share_by_quantity():
	lines = [LineInput(qty=2), LineInput(qty=1)]
	amounts = settle_lines(lines, settle_order(lines, total=Decimal("10.00")))
	assert [(line.amount, line.unit_price) for line in amounts] == [
		(Decimal("6.67"), Decimal("3.34")),
		(Decimal("3.33"), Decimal("3.33")),
	]


def test_amounts_that_disagree_are_refused():
	line = LineInput(qty=1, unit_price=Decimal("5.00"))
	for given_amounts, code in (
		({"total": Decimal(9), "freight": Decimal(1)}, "amounts_disagree"),
		({"goods": Decimal(5), "freight": Decimal(1), "total": Decimal(9)}, "amounts_disagree"),
		({"goods": Decimal(5), "discount": Decimal(6)}, "amounts_disagree"),
	):
		with pytest.raises(AmountError) as caught:
			settle_order([line], **given_amounts)
		assert caught.value.code == code
	with pytest.raises(AmountError) as caught:
		settle_lines([line], settle_order([line], goods=Decimal(9), total=Decimal(9)))
	assert caught.value.code == "lines_disagree"
	with pytest.raises(AmountError) as caught:
		settle_order([])
	assert caught.value.code == "missing_value"
