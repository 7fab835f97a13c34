"""The export layouts of the platforms as data: which headings feed which of our fields."""

from __future__ import annotations

from dataclasses import dataclass

# our field -> what it holds; "order" fields must agree among the rows of one order, "line" fields belong to a
# row
ORDER_FIELDS = (
	"platform_order_no",
	"platform_status",
	"buyer_nick",
	"receiver_name",
	"receiver_mobile",
	"platform_token",
	"province",
	"city",
	"district",
	"address",
	"buyer_message",
	"seller_memo",
	"goods_amount",
	"discount_amount",
	"platform_discount_amount",
	"freight_amount",
	"total_amount",
	"payable_amount",
	"balance_amount",
	"paid_amount",
	"refund_amount",
	"ordered_at",
	"paid_at",
	"ship_by",
)
LINE_FIELDS = (
	"platform_line_no",
	"platform_item_id",
	"platform_sku_id",
	"sku_code",
	"title",
	"spec",
	"qty",
	"unit_price",
	"line_discount_amount",
	"line_amount",
	"line_refund_status",
)
ALL_FIELDS = ORDER_FIELDS + LINE_FIELDS
AMOUNT_FIELDS = tuple(name for name in ALL_FIELDS if name.endswith("_amount") or name == "unit_price")
# an amount of the order can be had from any of these
TOTAL_SOURCES = ("total_amount", "goods_amount", "payable_amount", "paid_amount", "line_amount", "unit_price")


@dataclass(frozen=True, slots=True)
class Layout:
	"""One known export: our field -> its possible headings, best first.

	`amounts_per` says whether the amount columns of a row speak of the whole order (repeated on each row) or
	of the row alone; with "line" the status column speaks of the row, too.
	"""

	key: str
	platform: str
	columns: dict[str, tuple[str, ...]]
	mandatory: tuple[str, ...]
	amounts_per: str = "order"


_TMALL_REPORT = Layout(
	key="tmall_report",
	platform="Taobao",
	columns={
		"platform_order_no": ("订单编号",),
		"total_amount": ("总金额",),
		"paid_amount": ("买家实际支付金额",),
		"province": ("收货地址",),
		"ordered_at": ("订单创建时间",),
		"paid_at": ("订单付款时间",),
		"refund_amount": ("退款金额",),
	},
	mandatory=(
		"platform_order_no",
		"total_amount",
		"paid_amount",
		"province",
		"ordered_at",
		"paid_at",
		"refund_amount",
	),
)
_TAOBAO = Layout(
	key="taobao_orders",
	platform="Taobao",
	columns={
		"platform_order_no": ("订单编号", "订单号", "主订单编号"),
		"buyer_nick": ("买家会员名", "买家昵称"),
		"goods_amount": ("买家应付货款",),
		"freight_amount": ("买家应付邮费",),
		"total_amount": ("总金额",),
		"paid_amount": ("买家实际支付金额", "买家实付金额"),
		"refund_amount": ("退款金额",),
		"platform_status": ("订单状态",),
		"receiver_name": ("收货人姓名",),
		"address": ("收货地址",),
		"receiver_mobile": ("联系手机", "联系电话"),
		"ordered_at": ("订单创建时间",),
		"paid_at": ("订单付款时间",),
		"title": ("宝贝标题", "商品标题"),
		"qty": ("宝贝总数量", "商品总数量"),
		"seller_memo": ("订单备注", "商家备注"),
		"buyer_message": ("买家留言",),
		"ship_by": ("应发货时间", "发货截止时间"),
		"platform_token": ("OAID",),
	},
	mandatory=("platform_order_no", "total_amount", "paid_amount", "platform_status", "ordered_at"),
)
_JD = Layout(
	key="jd_orders",
	platform="JD",
	columns={
		"platform_order_no": ("订单号", "订单编号"),
		"platform_sku_id": ("商品ID", "商品编号", "SKU ID"),
		"sku_code": ("货号", "商家SKUID", "商家SKU编码"),
		"title": ("商品名称",),
		"qty": ("订购数量", "商品数量"),
		"ordered_at": ("下单时间",),
		"unit_price": ("京东价",),
		"goods_amount": ("订单金额",),
		"balance_amount": ("余额支付",),
		"payable_amount": ("应付金额",),
		"freight_amount": ("运费金额", "运费"),
		"platform_status": ("订单状态",),
		"buyer_nick": ("下单帐号", "下单账号"),
		"receiver_name": ("客户姓名", "收货人姓名"),
		"address": ("客户地址", "收货地址"),
		"receiver_mobile": ("联系电话", "联系手机"),
		"buyer_message": ("订单备注",),
		"seller_memo": ("商家备注",),
		"paid_at": ("付款确认时间", "付款时间"),
	},
	mandatory=(
		"platform_order_no",
		"title",
		"qty",
		"ordered_at",
		"unit_price",
		"payable_amount",
		"platform_status",
	),
)
_PINDUODUO = Layout(
	key="pinduoduo_orders",
	platform="Pinduoduo",
	columns={
		"title": ("商品", "商品名称"),
		"platform_order_no": ("订单号", "订单编号"),
		"platform_status": ("订单状态",),
		"goods_amount": ("商品总价(元)", "商品总价"),
		"discount_amount": ("店铺优惠折扣(元)", "店铺优惠折扣"),
		"platform_discount_amount": ("平台优惠折扣(元)", "平台优惠折扣"),
		"freight_amount": ("邮费(元)", "邮费"),
		"paid_amount": ("用户实付金额(元)", "用户实付金额"),
		"qty": ("商品数量(件)", "商品数量"),
		"receiver_name": ("收货人", "收件人"),
		"receiver_mobile": ("手机", "联系电话"),
		"province": ("省", "省份"),
		"city": ("市", "城市"),
		"district": ("区", "区县"),
		"address": ("街道", "详细地址", "收货地址"),
		"paid_at": ("支付时间",),
		"ordered_at": ("订单成交时间", "拼单成功时间", "成交时间", "下单时间"),
		"ship_by": ("承诺发货时间",),
		"spec": ("商品规格",),
		"platform_item_id": ("商品id",),
		"platform_sku_id": ("样式ID", "规格ID"),
		"sku_code": ("商家编码-规格维度", "商家编码-SKU维度", "商家编码-商品维度", "商家编码"),
		"seller_memo": ("商家备注",),
		"buyer_message": ("买家留言",),
		"line_refund_status": ("售后状态",),
	},
	mandatory=("platform_order_no", "platform_status", "goods_amount", "paid_amount", "qty"),
)
_DOUYIN = Layout(
	key="douyin_orders",
	platform="Douyin",
	columns={
		"platform_order_no": ("主订单编号",),
		"platform_line_no": ("子订单编号",),
		"title": ("选购商品", "商品名称"),
		"spec": ("商品规格",),
		"qty": ("商品数量",),
		"platform_item_id": ("商品ID",),
		"sku_code": ("商家编码",),
		"unit_price": ("商品单价",),
		"total_amount": ("订单应付金额",),
		"freight_amount": ("运费",),
		"discount_amount": ("优惠总金额",),
		"ordered_at": ("订单提交时间",),
		"paid_at": ("支付完成时间",),
		"platform_status": ("订单状态",),
		"ship_by": ("承诺发货时间",),
		"receiver_name": ("收件人",),
		"receiver_mobile": ("收件人手机号",),
		"province": ("省",),
		"city": ("市",),
		"district": ("区",),
		"address": ("详细地址",),
		"buyer_message": ("买家留言",),
		"seller_memo": ("商家备注",),
		"line_refund_status": ("售后状态",),
	},
	mandatory=(
		"platform_order_no",
		"platform_line_no",
		"qty",
		"total_amount",
		"ordered_at",
		"platform_status",
	),
	amounts_per="line",
)
LAYOUTS = (_TMALL_REPORT, _TAOBAO, _JD, _PINDUODUO, _DOUYIN)

# headings of home-made files, tried after those of the platforms
OTHER_NAMES = {
	"platform_order_no": ("平台单号", "原始单号", "交易编号", "order no", "order number", "order id", "tid"),
	"platform_status": ("状态", "交易状态", "status", "order status"),
	"buyer_nick": ("买家", "买家账号", "客户账号", "buyer", "buyer nick"),
	"receiver_name": ("收货人", "收件人姓名", "姓名", "receiver", "receiver name"),
	"receiver_mobile": ("手机号", "手机号码", "收货人手机", "电话", "mobile", "phone"),
	"province": ("省份", "收货省份", "province", "state"),
	"city": ("城市", "city"),
	"district": ("区县", "区/县", "district"),
	"address": ("地址", "收件地址", "address"),
	"buyer_message": ("留言", "buyer message"),
	"seller_memo": ("备注", "卖家备注", "memo", "note"),
	"goods_amount": ("商品金额", "货款", "goods amount"),
	"discount_amount": ("优惠金额", "优惠", "discount"),
	"freight_amount": ("快递费", "运费", "freight", "shipping fee"),
	"total_amount": ("订单总额", "订单总金额", "合计", "total", "total amount"),
	"paid_amount": ("实付金额", "实付款", "实收金额", "paid", "paid amount"),
	"refund_amount": ("已退款金额", "refund", "refund amount"),
	"ordered_at": ("创建时间", "拍下时间", "order time", "ordered at", "created"),
	"paid_at": ("付款时间", "paid at", "pay time"),
	"ship_by": ("最晚发货时间", "ship by"),
	"platform_line_no": ("子单号", "line no", "oid"),
	"platform_item_id": ("宝贝ID", "item id"),
	"platform_sku_id": ("规格编号", "sku id"),
	"sku_code": ("SKU", "规格编码", "外部系统编号", "sku code"),
	"title": ("标题", "品名", "title", "item"),
	"spec": ("规格", "商品属性", "颜色规格", "spec"),
	"qty": ("数量", "件数", "购买数量", "qty", "quantity"),
	"unit_price": ("单价", "价格", "price", "unit price"),
	"line_amount": ("行金额", "小计", "line amount", "subtotal"),
}
