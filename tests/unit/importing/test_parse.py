"""From a file to orders: every layout, rows of one order, what is refused and why, rejects loaded again."""

import csv
import io
import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storegroup_oms.orders.importing import (
	CanonicalOrder,
	Mapping,
	OrderParser,
	ParseOptions,
	Problem,
	RejectWriter,
	Row,
	RowError,
	open_table,
	parse_orders,
	parse_table,
	recognise,
)
from storegroup_oms.orders.importing.cells import clean_cell
from storegroup_oms.orders.importing.messages import FILE_MESSAGES, ROW_MESSAGES

JD = (
	"订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,"
	"应付金额,订单状态,下单帐号,客户姓名,客户地址,联系电话,订单备注,付款确认时间"
)
PDD = (
	"商品,订单号,订单状态,商品总价(元),店铺优惠折扣(元),平台优惠折扣(元),邮费(元),"
	"用户实付金额(元),商家实收金额(元),商品数量(件),收货人,手机,省,市,区,街道,支付时间,商家备注,"
	"商家编码-规格维度,售后状态"
)
DOUYIN = (
	"主订单编号,子订单编号,选购商品,商品规格,商品数量,商品ID,商家编码,商品单价,订单应付金额,运费,"
	"优惠总金额,订单提交时间,支付完成时间,订单状态,收件人,收件人手机号,省,市,区,详细地址,"
	"买家留言,商家备注"
)
TAOBAO = (
	"订单编号,买家会员名,买家应付货款,买家应付邮费,总金额,买家实际支付金额,订单状态,收货人姓名,"
	"收货地址,联系手机,订单创建时间,订单付款时间,宝贝标题,宝贝总数量,物流单号,订单备注,买家留言"
)
SIMPLE = Mapping(
	{
		"platform_order_no": "no",
		"total_amount": "total",
		"ordered_at": "at",
		"title": "title",
		"qty": "qty",
		"unit_price": "price",
		"buyer_nick": "nick",
		"province": "place",
	}
)


def load(content: bytes, paid_without_status="Completed"):
	table = open_table(content)
	match = recognise(table.headings)
	assert match.missing == ()
	return list(parse_table(table, match.mapping, ParseOptions(match.layout.platform, paid_without_status)))


def load_text(headings: str, *lines: str):
	return load("\n".join([headings, *lines]).encode("gb18030"))


def simple(**cells):
	defaults = {
		"no": "1",
		"total": "10",
		"at": "2020-02-01 10:00:00",
		"title": "t",
		"qty": "1",
		"price": "10",
	}
	return {**defaults, "nick": "n", "place": "上海"} | cells


def parse_simple(*rows, mapping=SIMPLE):
	made = [Row(number, row) for number, row in enumerate(rows, 2)]
	return list(parse_orders(made, mapping, ParseOptions("Manual")))


@pytest.mark.parametrize("paid", ["Completed", "To Review"])
def test_tmall_report(csv_bytes, xlsx_bytes, tmall_rows, paid):
	from_csv = load(csv_bytes(tmall_rows), paid)
	assert from_csv == load(xlsx_bytes(tmall_rows), paid)
	assert len(from_csv) == 60
	statuses = [order.status for order in from_csv]
	assert {status: statuses.count(status) for status in set(statuses)} == {
		"Unpaid": 20,
		paid: 20,
		"Closed": 20,
	}
	first = from_csv[0]
	assert (first.platform_order_no, first.total_amount, first.paid_amount) == (
		"1",
		Decimal("1.10"),
		Decimal("1.10"),
	)
	assert (first.receiver.province, first.lines) == ("内蒙古自治区", [])
	assert first.ordered_at.isoformat() == "2020-02-02T11:59:00+08:00"
	assert {order.receiver.province for order in from_csv} == {"上海市", "内蒙古自治区", "广东省"}


def test_taobao_orders():
	(order,) = load_text(
		TAOBAO,
		'="123456789012345678",买家甲,90.00,10.00,100.00,100.00,"买家已付款,等待卖家发货",王一,'
		"浙江省 杭州市 西湖区 文三路 1号,"
		"'13800000000,2020-02-01 10:00:00,2020-02-01 10:01:00,毛衣，裤子,3,No:1,老客,快点",
	)
	assert (order.platform_order_no, order.status) == ("123456789012345678", "To Review")
	assert order.receiver.model_dump(exclude_defaults=True) == {
		"name": "王一",
		"mobile": "13800000000",
		"province": "浙江省",
		"city": "杭州市",
		"district": "西湖区",
		"address": "文三路 1号",
	}
	assert (order.goods_amount, order.freight_amount, order.discount_amount) == (90, 10, 0)
	(line,) = order.lines
	assert (line.title, line.qty, line.unit_price, line.amount) == ("毛衣，裤子", 3, Decimal("30.00"), 90)


def test_jd_orders_with_lines_apart():
	tail = (
		"2020/2/1 9:05,{price},100.00,95.00,20.00,70.00,等待出库,帐号,李二,"
		"广东深圳市南山区科技园,139****0000,,2020-02-01 09:06:00"
	)
	results = load_text(
		JD,
		"700,1001,杯子,2,在线支付," + tail.format(price="30.00"),
		"701,1009,壶,1,在线支付,2020-02-01 09:00:00,10.00,10.00,10.00,0.00,10.00,等待付款,帐号,"
		"李二,北京朝阳区三环,1,,",
		"700,1002,盘子,1,在线支付," + tail.format(price="40.00"),
	)
	unpaid, order = results
	assert (unpaid.platform_order_no, unpaid.status, unpaid.paid_amount) == ("701", "Unpaid", 0)
	assert (order.platform_order_no, order.status, order.paid_amount) == ("700", "To Review", 90)
	assert (order.goods_amount, order.discount_amount, order.total_amount) == (100, 10, 90)
	assert [(line.platform_sku_id, line.qty, line.discount_amount, line.amount) for line in order.lines] == [
		("1001", 2, 6, 54),
		("1002", 1, 4, 36),
	]
	assert order.receiver.city == "深圳市"
	assert order.ordered_at.isoformat() == "2020-02-01T09:05:00+08:00"


def test_pinduoduo_orders():
	results = load_text(
		PDD,
		"袜子,200201-1,待发货,19.90,1.00,2.00,3.00,19.90,21.90,2,张,138,浙江,杭州市,余杭区,某路,"
		"2020-02-01 10:00:00\t,,SKU-A,无售后",
		"袜子,200201-2,未发货，退款成功,10,0,0,0,10,10,1,张,138,新疆,某市,某区,某路,2020-02-01 "
		"10:00:00,,SKU-A,退款成功",
	)
	order, closed = results
	assert (order.goods_amount, order.discount_amount, order.freight_amount, order.total_amount) == (
		Decimal("19.90"),
		Decimal("3.00"),
		Decimal("3.00"),
		Decimal("19.90"),
	)
	assert (order.paid_amount, order.ordered_at, order.lines[0].amount) == (
		Decimal("19.90"),
		order.paid_at,
		Decimal("16.90"),
	)
	assert (order.lines[0].sku_code, order.receiver.province) == ("SKU-A", "浙江省")
	assert (closed.status, closed.receiver.province) == ("Closed", "新疆维吾尔自治区")


def test_douyin_orders_state_amounts_per_line():
	tail = "2020-02-01 10:00:00,2020-02-01 10:01:00,{status},赵,138,上海,上海市,徐汇区,某路,,"
	rows = (
		"500,500,帽子,红,1,9001,H-R,30.00,28.00,0.00,2.00," + tail.format(status="已发货"),
		"500,501,手套,黑,2,9002,G-B,10.00,25.00,5.00,0.00," + tail.format(status="待发货"),
	)
	(order,) = load_text(DOUYIN, *rows)
	assert (order.status, order.platform_status) == ("Partly Shipped", "已发货 / 待发货")
	assert (order.total_amount, order.freight_amount, order.discount_amount, order.paid_amount) == (
		53,
		5,
		2,
		53,
	)
	assert sum(line.amount for line in order.lines) == 48
	# the same line exported twice is one line; the same line number with other content is an error
	(again,) = load_text(DOUYIN, rows[0], *rows)
	assert len(again.lines) == 2
	(error,) = load_text(DOUYIN, *rows, rows[0].replace("帽子", "帽"))
	assert (error.code, error.value) == ("duplicate_line", "500")


def test_douyin_files_that_repeat_the_orders_amounts_are_noticed():
	tail = ",2020-02-01 10:00:00,,待支付,赵,138,上海,上海市,徐汇区,某路,,"
	(order,) = load_text(
		DOUYIN,
		"500,500,帽子,红,1,9001,H-R,30.00,48.00,0.00,2.00" + tail,
		"500,501,手套,黑,2,9002,G-B,10.00,48.00,0.00,2.00" + tail,
	)
	assert (order.total_amount, order.discount_amount, order.paid_amount, order.status) == (
		48,
		2,
		0,
		"Unpaid",
	)
	assert [line.amount for line in order.lines] == [Decimal("28.80"), Decimal("19.20")]


@pytest.mark.parametrize(
	("cells", "code", "field"),
	[
		({"no": ""}, "missing_value", "platform_order_no"),
		({"no": "1.23457E+17"}, "digits_lost", "platform_order_no"),
		({"no": "=A1"}, "formula", "platform_order_no"),
		({"no": "1 2"}, "invalid_id", "platform_order_no"),
		({"no": "9" * 65}, "invalid_id", "platform_order_no"),
		({"total": "=SUM(A1:A9)"}, "formula", "total_amount"),
		({"total": "abc"}, "not_a_number", "total_amount"),
		({"total": "1.005"}, "too_many_decimals", "total_amount"),
		({"total": "1" * 11}, "too_large", "total_amount"),
		({"total": "-5"}, "negative", "total_amount"),
		({"total": "30"}, "amounts_disagree", "total_amount"),
		({"at": ""}, "missing_value", "ordered_at"),
		({"at": "2020-02-30"}, "invalid_time", "ordered_at"),
		({"at": "43882.5"}, "invalid_time", "ordered_at"),
		({"at": "1820-02-01"}, "invalid_time", "ordered_at"),
		({"qty": "0"}, "invalid_quantity", "qty"),
		({"qty": "1.5"}, "invalid_quantity", "qty"),
		({"qty": ""}, "missing_value", "qty"),
		({"place": "火星"}, "unknown_province", "province"),
		({"nick": "x" * 200}, "too_long", "buyer_nick"),
	],
)
def test_bad_cells_name_column_and_reason(cells, code, field):
	(error,) = parse_simple(simple(**cells))
	assert isinstance(error, RowError)
	assert (error.code, error.field, error.row_nos) == (code, field, (2,))
	assert len(error.problems) == 1
	assert error.message_template == ROW_MESSAGES[code]
	assert "{" not in error.message_template.format(*error.args)
	value = next(iter(cells.values()))
	if code not in ("missing_value", "too_long", "amounts_disagree"):
		assert error.value == value
		assert value in error.message


def test_all_problems_of_an_order_are_told_at_once():
	(error,) = parse_simple(simple(no="x y", total="?", at="?", qty="?"))
	assert [(problem.field, problem.code) for problem in error.problems] == [
		("platform_order_no", "invalid_id"),
		("ordered_at", "invalid_time"),
		("qty", "invalid_quantity"),
		("total_amount", "not_a_number"),
	]
	assert error.message.count("Column") == 4


def test_a_bad_row_refuses_its_whole_order_and_no_other():
	results = parse_simple(
		simple(no="1", total="20"), simple(no="2"), simple(no="1", total="20", qty="?"), simple(no="3")
	)
	errors = [result for result in results if isinstance(result, RowError)]
	assert [result.platform_order_no for result in results if isinstance(result, CanonicalOrder)] == [
		"2",
		"3",
	]
	assert (errors[0].order_no, errors[0].row_nos, len(errors[0].rows)) == ("1", (2, 4), 2)


def test_rows_that_contradict_each_other_are_named():
	(error,) = parse_simple(simple(total="20", nick="a"), simple(total="20.00", nick="b"))
	assert (error.code, error.field, error.row_nos, error.value) == (
		"contradiction",
		"buyer_nick",
		(2, 3),
		"a | b",
	)
	assert error.args == ("nick", "2, 3", "a | b")
	# an empty cell and another spelling of the same amount do not contradict
	(order,) = parse_simple(simple(total="20", nick="a"), simple(total="20.00", nick=""))
	assert (order.buyer_nick, order.total_amount, len(order.lines)) == ("a", 20, 2)


def test_a_cut_row_takes_its_order_with_it():
	content = "no,total,at,title,qty,price,nick,place\n1,20,2020-02-01,t,1,10,n,上海\n1,20,2020-02-01,t,1\n"
	table = open_table(content.encode())
	(error,) = parse_table(table, SIMPLE, ParseOptions("Manual"))
	assert (error.code, error.row_nos) == ("too_few_cells", (2, 3))


def test_too_many_rows_of_one_order():
	(error,) = parse_simple(*[simple(total="5010")] * 501)
	assert (error.code, error.args) == ("too_many_lines", (501, 500))


def test_unfinished_orders_only_are_held():
	rows = [Row(number, simple(no=str(number // 2))) for number in range(2, 2002)]
	seen: list[int] = []

	def feed():
		for row in rows:
			seen.append(row.row_no)
			yield row

	parser = OrderParser(feed, Mapping(SIMPLE.columns | {"total_amount": "price"}), ParseOptions("Manual"))
	results = iter(parser)
	next(results)
	assert (parser.total_rows, parser.rows_read) == (2000, 2)
	assert len(seen) == 2002


def test_unknown_status_is_refused():
	(error,) = load_text(
		TAOBAO, "1,甲,9,0,9,9,飞走了,王,浙江省 杭州市,1,2020-02-01 10:00:00,2020-02-01 10:01:00,毛衣,1,,,"
	)
	assert (error.code, error.field, error.value) == ("unknown_status", "platform_status", "飞走了")


def test_long_ids_spoilt_by_excel_are_refused_not_stored(xlsx_bytes, tmall_headings):
	row = [123456789012345678, 1, 1, "上海", "2020-02-01 10:00:00", "2020-02-01 10:00:00", 0]
	(error,) = load(xlsx_bytes([tmall_headings, row]))
	assert (error.code, error.field) == ("digits_lost", "platform_order_no")
	row[0], row[1] = "123456789012345678", "=1+1"
	(error,) = load(xlsx_bytes([tmall_headings, row]))
	assert (error.code, error.field, error.value) == ("formula", "total_amount", "=1+1")


def write_rejects(headings, errors):
	stream = io.BytesIO()
	writer = RejectWriter(stream, headings)
	for error in errors:
		writer.write(error)
	writer.close()
	return stream.getvalue()


def test_rejected_rows_load_again_once_corrected(csv_bytes, tmall_rows):
	tmall_rows[5][1] = "=1+1"
	tmall_rows[9][3] = "@火星"
	content = csv_bytes(tmall_rows)
	results = load(content)
	errors = [result for result in results if isinstance(result, RowError)]
	assert [error.row_nos for error in errors] == [(6,), (10,)]
	rejects = write_rejects(open_table(content).headings, errors)
	text = rejects.decode("utf-8-sig")
	assert rejects.startswith(b"\xef\xbb\xbf") and ",Row,Reason\r\n" in text
	assert "'=1+1" in text and "'@火星" in text and ',10,"Column' in text
	again = load(rejects)
	assert [(error.code, error.value) for error in again] == [
		("formula", "=1+1"),
		("unknown_province", "@火星"),
	]
	corrected = text.replace("'=1+1", "5.5").replace("'@火星", "北京").encode("utf-8-sig")
	assert [type(result) for result in load(corrected)] == [CanonicalOrder] * 2


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20).map(
	clean_cell
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=5), st.sampled_from("=+-@\t\r"))
def test_rejects_round_trip(rows, sign):
	headings = ("a", f"{sign}b".strip(), "c")
	errors = [
		RowError(
			(2,), "", (Problem("missing_value", ("a",)),), (Row(2, dict(zip(headings, row, strict=True))),)
		)
		for row in rows
		if any(row)
	]
	if not errors:
		return
	content = write_rejects(headings, errors)
	table = open_table(content)
	assert table.headings == headings
	assert [row.cells for row in table.rows()] == [error.rows[0].cells for error in errors]
	for record in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
		assert not any(cell[:1] in ("=", "+", "-", "@", "\t", "\r") and cell for cell in record)


def test_templates_are_whole_sentences_with_positional_placeholders():
	for template in (FILE_MESSAGES | ROW_MESSAGES).values():
		assert template.endswith((".", "{1}", "{2}")) and "{}" not in template


def test_the_real_tmall_report(real_report):
	started = time.process_time()
	table = open_table(real_report)
	match = recognise(table.headings)
	parser = parse_table(table, match.mapping, ParseOptions(match.layout.platform))
	count = rejected = unpaid = 0
	total = paid = refunded = Decimal(0)
	days = set()
	for result in parser:
		if isinstance(result, RowError):
			rejected += 1
			continue
		count += 1
		total += result.total_amount
		paid += result.paid_amount
		refunded += result.refund_amount
		unpaid += result.status == "Unpaid"
		days.add(result.ordered_at.date().isoformat())
	assert (match.layout.key, match.unknown) == ("tmall_report", ())
	assert (count, rejected, unpaid) == (28_010, 0, 3_923)
	assert (str(total), str(paid), str(refunded)) == ("2995760.61", "1902487.15", "572335.92")
	assert (min(days), max(days)) == ("2020-02-01", "2020-02-29")
	assert parser.rows_read == parser.total_rows == 28_010
	# 3 s on an idle machine; the bound leaves room for a busy one
	assert time.process_time() - started < 20
