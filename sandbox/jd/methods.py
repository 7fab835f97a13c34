"""JD's methods: what they are called, which member holds their result, and how that member tells a failure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ..model import Shop
from ..world import World
from . import aftersales, goods, pulls, waybills
from .errors import BusinessError, make_api_result

PAGE_NAMES = ("page", "pageIndex", "pageNumber", "pageNo")


def _fail_plainly(error: BusinessError) -> dict:
	return {
		"success": False,
		"errorCode": str(error.number),
		"chineseErrCode": error.chinese,
		"englishErrCode": error.english,
	}


def _fail_in_api_result(error: BusinessError) -> dict:
	return {"apiResult": make_api_result(error)}


@dataclass(frozen=True)
class Method:
	"""`result` names the member beside the gateway's `code`."""

	result: str
	call: Callable[[World, Shop, dict], dict]
	fail: Callable[[BusinessError], dict] = _fail_plainly


METHODS = {
	"jingdong.pop.order.search": Method("searchorderinfo_result", pulls.search_orders, _fail_in_api_result),
	"jingdong.pop.order.enSearch": Method(
		"searchorderinfo_result", partial(pulls.search_orders, is_encrypted=True), _fail_in_api_result
	),
	"jingdong.pop.order.get": Method("orderDetailInfo", pulls.get_order, _fail_in_api_result),
	"jingdong.pop.order.enGet": Method(
		"orderDetailInfo", partial(pulls.get_order, is_encrypted=True), _fail_in_api_result
	),
	"jingdong.pop.order.shipment": Method("sopjosshipment_result", pulls.ship_order),
	"jingdong.pop.afs.soa.refundapply.queryPageList": Method("queryResult", aftersales.list_applications),
	"jingdong.pop.afs.soa.refundapply.replyRefund": Method("replyResult", aftersales.reply_application),
	"jingdong.asc.query.list": Method("pageResult", aftersales.list_services),
	"jingdong.asc.serviceAndRefund.view": Method("pageResult", aftersales.view_services),
	"jingdong.sku.read.searchSkuList": Method("page", goods.list_skus),
	"jingdong.ware.stock.sku.set": Method("result", goods.set_stock),
	"jingdong.stock.write.updateSkuStock": Method("result", goods.set_stock),
	"jingdong.stock.read.findSkuStock": Method("result", goods.find_stock),
	"jingdong.ldop.alpha.waybill.receive": Method("resultInfo", waybills.receive_waybill),
	"jingdong.ldop.alpha.waybill.api.unbind": Method("resultInfo", waybills.unbind_waybill),
	"jingdong.ldop.alpha.vendor.bigshot.query": Method("resultInfo", waybills.query_big_pen),
	"jingdong.ldop.alpha.vendor.stock.queryByProviderCode": Method("resultInfo", waybills.query_stock),
	"jingdong.seller.vender.info.get": Method("vender_info_result", goods.get_vender),
	"jingdong.vender.shop.query": Method("shop_jos_result", goods.get_vender),
}
