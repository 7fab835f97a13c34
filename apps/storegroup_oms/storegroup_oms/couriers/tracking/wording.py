"""Couriers' words for what happened to a parcel, as event codes. Pure.

The first pattern that is found wins, so what is exact stands before what is general: a parcel that was refused is
also "signed for by nobody", and a returned one is "signed for by the sender".
"""

from __future__ import annotations

import re

CODES = (
	"Accepted",
	"Picked Up",
	"In Transit",
	"Arrived",
	"Departed",
	"Out for Delivery",
	"Delivered",
	"Delivery Failed",
	"Wrong Address",
	"Refused",
	"Returning",
	"Returned",
	"Lost",
	"Damaged",
	"Customs",
	"Other",
)
PATTERNS: tuple[tuple[str, str], ...] = (
	("Refused", r"拒收|拒签|拒绝签收|拒绝收件|refuse"),
	(
		"Returned",
		r"(退回|退件|退货).{0,12}(已签收|签收成功|妥投)|(寄件人|发件人|商家|卖家)已?签收|已退回至?(寄件人|发件人|商家|卖家)|退回完成",
	),
	("Returning", r"退回|退件|退往|返回(寄件|发件)|原路返回|returning to sender"),
	("Lost", r"丢失|遗失|下落不明|暂无下落|查无下落|查找中"),
	("Damaged", r"破损|损坏|污损|内件短少|外包装.{0,4}(破|损)"),
	(
		"Wrong Address",
		r"地址.{0,4}(不详|错误|有误|不全|不清|不存在|异常|欠详)|查无此(人|地址)|(电话|号码).{0,4}(错误|有误|空号)|超(出)?(派送)?(范围|区)",
	),
	(
		"Delivery Failed",
		r"(派送|派件|投递|配送|送达)(失败|不成功|异常)|未妥投|无人(接听|签收|在家)|联系不上|无法联系|改期|再次(派送|投递)|二次派送|明日(派送|再派)|滞留|暂存",
	),
	(
		"Accepted",
		r"(等待|待|未|准备)(揽收|收件|揽件|取件)|已?下单|已接单|订单已创建|电子面单|信息已(收到|接收)|打单",
	),
	(
		"Delivered",
		r"已(经)?签收|签收人|本人签收|签收成功|已妥投|^妥投|投递成功|代(签)?收(点)?.{0,6}(已签收|签收)|已(被)?.{0,8}(代签收|代收|取出|取走)|取件成功|(家门口|门卫|前台|物业).{0,6}签收|delivered",
	),
	(
		"Out for Delivery",
		r"派送中|派件中|正在(派|投递|配送)|正.{0,6}(派件|派送)|开始(派送|派件|配送)|(安排|进行)(投递|派送|派件)|派(件|送)员|投递员|派送途中|(快递柜|丰巢|驿站|自提|代收点|取件码|菜鸟站)|out for delivery",
	),
	("Picked Up", r"已?揽收|已?揽件|已收(件|寄|取)|收寄|上门取件成功|已取件|picked up"),
	("Customs", r"海关|清关|报关|通关|customs"),
	("Departed", r"离开|发往|发出|运往|装车|起飞|departed"),
	("Arrived", r"到达|抵达|已到|到件|降落|进入|卸车|arrived"),
	("In Transit", r"运输中|途中|中转|转运|分拣|航班|in transit"),
)
_COMPILED = tuple((code, re.compile(pattern, re.IGNORECASE)) for code, pattern in PATTERNS)


def find_code(text: str, hint: str = "") -> str:
	"""The event code of a scan's text; where the words say nothing the service's own `hint`, else Other."""
	for code, pattern in _COMPILED:
		if pattern.search(text):
			return code
	return hint or "Other"
