"""Pinduoduo's methods: which root their answer has, for it does not follow from the name, and what makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..clock import format_time
from ..model import PINDUODUO, Shop
from ..world import World
from . import aftersales, goods, pulls, waybills
from .couriers import list_companies
from .errors import PinduoduoError
from .orders import to_number
from .reading import read_text

SCOPE = ("pdd.order.list.get", "pdd.order.information.get", "pdd.logistics.online.send")


def render_tokens(world: World, shop: Shop) -> dict:
	"""Both tokens with their ends, as spans and as moments."""
	now = world.clock.now()
	ends = {"": shop.token_expires_at, "refresh_token_": shop.refresh_expires_at}
	spans = {f"{name}expires_in": max(0, round(end - now)) for name, end in ends.items()}
	levels = {f"{level}_expires_in": spans["expires_in"] for level in ("r1", "r2", "w1", "w2")}
	return {
		"access_token": shop.access_token,
		"refresh_token": shop.refresh_token,
		**spans,
		**{f"{name}expires_at": int(end) for name, end in ends.items()},
		**levels,
		"scope": list(SCOPE),
		"owner_id": shop.shop_id,
		"owner_name": shop.name,
	}


def create_tokens(world: World, app_key: str, args: dict[str, str]) -> dict:
	"""Tokens for a code."""
	shop = world.tokens.exchange_code(PINDUODUO, app_key, read_text(args, "code"))
	if shop is None:
		raise PinduoduoError(21001, "code is unknown, used or too old")
	return render_tokens(world, shop)


def refresh_tokens(world: World, app_key: str, args: dict[str, str]) -> dict:
	"""New tokens; the old pair is dead."""
	shop, wrong = world.tokens.check_refresh(PINDUODUO, app_key, read_text(args, "refresh_token"))
	if shop is None or wrong:
		raise PinduoduoError(10019 if wrong == "expired" else 20032, "refresh_token is not valid")
	return render_tokens(world, world.tokens.rotate(shop))


def get_time(world: World, app_key: str, args: dict[str, str]) -> dict:
	return {"time": format_time(world.clock.now())}


def list_couriers(world: World, app_key: str, args: dict[str, str]) -> dict:
	return {"logistics_companies": list_companies()}


def permit_user(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""Every shop's messages are sent, permitted or not: the call only answers."""
	return {"is_success": True, "mall_id": to_number(shop.shop_id)}


@dataclass(frozen=True)
class Method:
	"""`call` gets (world, shop, args), or (world, app key, args) where no token is needed."""

	root: str
	call: Callable[[World, Shop, dict[str, str]], dict] | Callable[[World, str, dict[str, str]], dict]
	needs_token: bool = True


METHODS = {
	"pdd.order.number.list.increment.get": Method("order_sn_increment_get_response", pulls.list_numbers),
	"pdd.order.list.get": Method("order_list_get_response", pulls.list_orders),
	"pdd.order.information.get": Method("order_info_get_response", pulls.get_order),
	"pdd.order.status.get": Method("order_status_get_response", pulls.get_statuses),
	"pdd.order.upload.extra.logistics": Method("order_upload_extra_logistics_response", pulls.add_parcels),
	"pdd.logistics.online.send": Method("logistics_online_send_response", pulls.ship_order),
	"pdd.logistics.companies.get": Method("logistics_companies_get_response", list_couriers, False),
	"pdd.open.decrypt.batch": Method("open_decrypt_batch_response", pulls.decrypt),
	"pdd.refund.list.increment.get": Method("refund_increment_get_response", aftersales.list_refunds),
	"pdd.refund.information.get": Method("refund_information_get_response", aftersales.get_refund),
	"pdd.refund.agree": Method("refund_agree_response", aftersales.agree_refund),
	"pdd.refund.status.check": Method("refund_status_check_response", aftersales.check_refunds),
	"pdd.goods.list.get": Method("goods_list_get_response", goods.list_goods),
	"pdd.goods.quantity.update": Method("goods_quantity_update_response", goods.set_stock),
	"pdd.mall.info.get": Method("mall_info_get_response", goods.get_mall),
	"pdd.pmc.user.permit": Method("pmc_user_permit_response", permit_user),
	"pdd.waybill.get": Method("pdd_waybill_get_response", waybills.get_waybills),
	"pdd.waybill.cancel": Method("pdd_waybill_cancel_response", waybills.cancel_waybill),
	"pdd.waybill.search": Method("pdd_waybill_search_response", waybills.search_waybills),
	"pdd.time.get": Method("time_get_response", get_time, False),
	"pdd.pop.auth.token.create": Method("pop_auth_token_create_response", create_tokens, False),
	"pdd.pop.auth.token.refresh": Method("pop_auth_token_refresh_response", refresh_tokens, False),
}
