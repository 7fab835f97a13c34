"""The status words of the platforms' exports, and what each means in our order life cycle."""

from __future__ import annotations

import unicodedata

_TAOBAO = {
	"等待买家付款": "Unpaid",
	"待付款": "Unpaid",
	"买家已付款,等待卖家发货": "To Review",
	"等待卖家发货": "To Review",
	"待发货": "To Review",
	"卖家部分发货": "Partly Shipped",
	"部分发货": "Partly Shipped",
	"卖家已发货,等待买家确认": "Shipped",
	"卖家已发货,等待买家确认收货": "Shipped",
	"等待买家确认收货": "Shipped",
	"买家已签收,货到付款专用": "Shipped",
	"已发货": "Shipped",
	"交易成功": "Completed",
	"交易关闭": "Closed",
	"付款以后用户退款成功,交易自动关闭": "Closed",
	"付款以前,卖家或买家主动关闭交易": "Closed",
	"退款成功": "Closed",
}
_JD = {
	"等待付款": "Unpaid",
	"未付款": "Unpaid",
	"待付款": "Unpaid",
	"等待付款确认": "Unpaid",
	"等待出库": "To Review",
	"待出库": "To Review",
	"等待发货": "To Review",
	"待发货": "To Review",
	"部分出库": "Partly Shipped",
	"已出库": "Shipped",
	"已发货": "Shipped",
	"等待确认收货": "Shipped",
	"待收货": "Shipped",
	"完成": "Completed",
	"已完成": "Completed",
	"锁定": "On Hold",
	"暂停": "On Hold",
	"取消": "Closed",
	"已取消": "Closed",
	"已删除": "Closed",
	"配送退货": "Closed",
}
_PINDUODUO = {
	"待付款": "Unpaid",
	"待支付": "Unpaid",
	"待成团": "On Hold",
	"拼团中": "On Hold",
	"风控中": "On Hold",
	"待发货": "To Review",
	"待发货,退款中": "To Review",
	"待发货,售后处理中": "To Review",
	"部分发货": "Partly Shipped",
	"已发货": "Shipped",
	"已发货,待签收": "Shipped",
	"已发货,待收货": "Shipped",
	"已发货,退款中": "Shipped",
	"待收货": "Shipped",
	"已签收": "Completed",
	"已收货": "Completed",
	"交易成功": "Completed",
	"已完成": "Completed",
	"已取消": "Closed",
	"交易已取消": "Closed",
	"交易关闭": "Closed",
	"未发货,退款成功": "Closed",
	"待发货,退款成功": "Closed",
	"已发货,退款成功": "Closed",
	"已收货,退款成功": "Closed",
	"已签收,退款成功": "Closed",
	"退款成功": "Closed",
}
_DOUYIN = {
	"待支付": "Unpaid",
	"待付款": "Unpaid",
	"待确认": "On Hold",
	"已支付": "To Review",
	"备货中": "To Review",
	"待发货": "To Review",
	"部分发货": "Partly Shipped",
	"已发货": "Shipped",
	"已收货": "Completed",
	"已完成": "Completed",
	"已关闭": "Closed",
	"已取消": "Closed",
	"交易关闭": "Closed",
}
STATUS_WORDS = {"Taobao": _TAOBAO, "JD": _JD, "Pinduoduo": _PINDUODUO, "Douyin": _DOUYIN}
STATUS_WORDS["Manual"] = _TAOBAO | _JD | _PINDUODUO | _DOUYIN
# JD writes what was done to an order before its state: (锁定)等待出库
_JD_MARKS = {"(锁定)": "On Hold", "(暂停)": "On Hold", "(删除)": "Closed", "(取消)": "Closed"}


def read_status(platform: str, word: str) -> str | None:
	"""Give our status for a platform's word; our own words are understood, too. None: not known."""
	text = "".join(unicodedata.normalize("NFKC", word).split())
	if platform in ("JD", "Manual"):
		for mark, status in _JD_MARKS.items():
			if text.startswith(mark):
				return status
	return STATUS_WORDS[platform].get(text) or _OWN_WORDS.get(text.casefold())


def merge_statuses(statuses: list[str]) -> str:
	"""Give an order's status where each line has its own.

	Closed lines count only when all are closed; lines both shipped and not yet shipped make Partly Shipped;
	otherwise the least advanced line decides.
	"""
	alive = {status for status in statuses if status != "Closed"}
	if not alive:
		return "Closed"
	sent = alive & {"Partly Shipped", "Shipped", "Completed"}
	if "Partly Shipped" in alive or (sent and sent != alive):
		return "Partly Shipped"
	return min(alive, key=_PROGRESS.index)


_PROGRESS = ("Unpaid", "On Hold", "To Review", "Backorder", "To Print", "To Pick", "To Ship")
_PROGRESS = (*_PROGRESS, "Partly Shipped", "Shipped", "Completed", "Closed")
_OWN_WORDS = {"".join(status.split()).casefold(): status for status in _PROGRESS}
