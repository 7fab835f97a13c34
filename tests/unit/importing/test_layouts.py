"""Layouts recognised by their headings, and mappings made by hand, guessed, remembered."""

import json

import pytest

from storegroup_oms.orders.importing import ImportFileError, Mapping, recognise, suggest_mapping
from storegroup_oms.orders.importing.layout_tables import ALL_FIELDS, LAYOUTS
from storegroup_oms.orders.importing.layouts import normalise_heading

EXPORTS = {
	"tmall_report": "订单编号 总金额 买家实际支付金额 收货地址 订单创建时间 订单付款时间 退款金额",
	"taobao_orders": "订单编号 买家会员名 买家应付货款 总金额 买家实际支付金额 订单状态 收货人姓名 收货地址 "
	"联系手机 "
	"订单创建时间 订单付款时间 宝贝标题 宝贝总数量 物流单号 物流公司 订单备注 买家留言 退款金额",
	"jd_orders": "订单号 商品ID 商品名称 订购数量 支付方式 下单时间 京东价 订单金额 结算金额 余额支付 "
	"应付金额 订单状态 "
	"下单帐号 客户姓名 客户地址 联系电话 订单备注 付款确认时间",
	"pinduoduo_orders": "商品 订单号 订单状态 商品总价(元) 店铺优惠折扣(元) 平台优惠折扣(元) 邮费(元) "
	"用户实付金额(元) "
	"商家实收金额(元) 商品数量(件) 收货人 手机 省 市 区 街道 支付时间 商家备注 快递单号 快递公司 "
	"商家编码-规格维度 售后状态",
	"douyin_orders": "主订单编号 子订单编号 选购商品 商品规格 商品数量 商品ID 商家编码 商品单价 订单应付金额 "
	"运费 优惠总金额 "
	"订单提交时间 支付完成时间 订单状态 收件人 收件人手机号 省 市 区 详细地址 买家留言 商家备注",
}
UNUSED = {
	"tmall_report": set(),
	"taobao_orders": {"物流单号", "物流公司"},
	"jd_orders": {"支付方式", "结算金额"},
	"pinduoduo_orders": {"商家实收金额(元)", "快递单号", "快递公司"},
	"douyin_orders": set(),
}


@pytest.mark.parametrize("key", EXPORTS)
def test_each_export_is_recognised(key):
	match = recognise(EXPORTS[key].split())
	assert (match.layout.key, match.missing, set(match.unknown)) == (key, (), UNUSED[key])
	assert match.mapping.missing_fields() == []
	assert len(set(match.mapping.columns.values())) == len(match.mapping.columns)


def test_width_case_and_spaces_do_not_matter():
	assert normalise_heading("商品总价（元） ") == normalise_heading(" 商品 总价(元)")
	assert normalise_heading("ＳＫＵ id") == "skuid"
	headings = EXPORTS["pinduoduo_orders"].replace("(", "（").replace(")", "）").split()
	match = recognise(headings)
	assert match.mapping.columns["goods_amount"] == "商品总价（元）"


def test_other_names_of_a_column():
	headings = (
		EXPORTS["pinduoduo_orders"]
		.replace("商家编码-规格维度", "商家编码")
		.replace("支付时间", "订单成交时间")
		.split()
	)
	columns = recognise(headings).mapping.columns
	assert (columns["sku_code"], columns["ordered_at"]) == ("商家编码", "订单成交时间")


def test_a_missing_column_is_named():
	match = recognise(
		[heading for heading in EXPORTS["tmall_report"].split() if heading != "退款金额"] + ["店名"]
	)
	assert (match.layout.key, match.missing, match.unknown) == ("tmall_report", ("退款金额",), ("店名",))
	assert match.score < 1


def test_a_complete_layout_wins_over_one_with_more_columns_that_lacks_a_mandatory_one():
	headings = [*EXPORTS["tmall_report"].split(), "买家会员名", "收货人姓名", "联系手机", "宝贝标题"]
	match = recognise(headings)
	assert (match.layout.key, match.missing) == ("tmall_report", ())
	assert match.unknown == ("买家会员名", "收货人姓名", "联系手机", "宝贝标题")


def test_strange_headings_are_not_recognised():
	assert recognise(["店名", "日期", "销量"]) is None
	assert recognise([]) is None
	assert recognise(["订单号", "省", "市"]) is None


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.key)
def test_the_layout_table_is_sound(layout):
	assert set(layout.columns) <= set(ALL_FIELDS)
	assert set(layout.mandatory) <= set(layout.columns)
	names = [normalise_heading(name) for known in layout.columns.values() for name in known]
	assert len(names) == len(set(names))


def test_a_mapping_is_guessed_for_an_unknown_layout():
	mapping = suggest_mapping(
		["Order No", "我的实付金额", "下单时间（北京）", "数量", "货品 SKU", "乱七八糟"]
	)
	assert mapping.columns == {
		"platform_order_no": "Order No",
		"paid_amount": "我的实付金额",
		"ordered_at": "下单时间（北京）",
		"qty": "数量",
		"sku_code": "货品 SKU",
	}
	assert suggest_mapping([]).columns == {}


def test_a_mapping_survives_json():
	mapping = Mapping(
		{"platform_order_no": "单号", "ordered_at": "时间", "total_amount": "金额"}, "line", "mine"
	)
	assert Mapping.from_json(mapping.to_json()) == mapping
	assert mapping.bind(["金额 ", "单 号", "时间"]).columns["total_amount"] == "金额 "


@pytest.mark.parametrize(
	"text",
	[
		"",
		"[]",
		"{",
		"null",
		'{"columns": []}',
		'{"columns": {"name": "x"}}',
		'{"columns": {"qty": 1}}',
		'{"columns": {}, "amounts_per": "week"}',
	],
)
def test_a_broken_mapping_is_refused(text):
	with pytest.raises(ImportFileError) as caught:
		Mapping.from_json(text)
	assert caught.value.code == "mapping_invalid"


def test_a_mapping_that_does_not_fit_the_file_is_refused():
	columns = {"platform_order_no": "单号", "ordered_at": "时间", "total_amount": "金额"}
	with pytest.raises(ImportFileError) as caught:
		Mapping(columns).bind(["单号", "时间"])
	assert (caught.value.code, caught.value.params) == ("missing_columns", ("金额",))
	for gone, named in (("platform_order_no",) * 2, ("ordered_at",) * 2, ("total_amount",) * 2):
		rest = {name: heading for name, heading in columns.items() if name != gone}
		with pytest.raises(ImportFileError) as caught:
			Mapping(rest).bind(list(columns.values()))
		assert (caught.value.code, caught.value.params) == ("mapping_invalid", (named,))
	assert json.loads(Mapping(columns).to_json())["columns"] == columns
