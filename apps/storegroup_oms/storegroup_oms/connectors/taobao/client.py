"""Calls to Taobao's open platform for one shop. Source: developer.alibaba.com, the API pages of TOP."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial

import requests

from ..base import (
	CHINA_TIME,
	Limits,
	OrderRow,
	Page,
	Payload,
	PlatformClient,
	RefundAgreement,
	ShipmentNotice,
	ShopFacts,
	StockLevel,
	StockResult,
	TimeWindow,
	TokenSet,
	get_base_url,
)
from ..errors import CredentialError, RefusedError, RemoteNotFoundError, RetryableError
from .answers import read_answer
from .signing import sign

HOST, PATH = "https://gw.api.taobao.com", "/router/rest"
MOMENT = "%Y-%m-%d %H:%M:%S"
ITEMS_PER_CALL = 20
# The seller has agreed; money alone is with the buyer at once.
AGREED_STATUSES = frozenset(("SUCCESS", "WAIT_BUYER_RETURN_GOODS"))
SKUS_PER_CALL = 20
UNTOLD = ("buyer_message", "seller_memo")
TRADE_FIELDS = ",".join(
	(
		"tid,tid_str,status,type,step_trade_status,created,modified,pay_time,consign_time,end_time",
		"timeout_action_time,seller_nick,buyer_nick,buyer_open_uid,payment,total_fee,post_fee,discount_fee",
		"adjust_fee,received_payment,num,seller_flag,seller_memo,buyer_message,has_buyer_message",
		"receiver_state,receiver_city,receiver_district,receiver_town,receiver_address,receiver_zip",
		"receiver_name,receiver_mobile,receiver_phone,oaid,shipping_type,trade_from,orders",
	)
)
REFUND_FIELDS = ",".join(
	(
		"refund_id,tid,oid,status,good_status,order_status,has_good_return,refund_fee,payment,total_fee",
		"reason,desc,created,modified,num,num_iid,sku,outer_id,company_name,sid,refund_phase",
		"refund_version,dispute_type,cs_status",
	)
)
# Items and the seller aren't described in our reference: names from the vendor's API pages, UNCONFIRMED.
ITEM_FIELDS = "num_iid,title,approve_status,outer_id,num,price,pic_url,sku"


class TaobaoClient(PlatformClient):
	"""The shop's orders, refunds, items and stock at Taobao or Tmall."""

	platform = "Taobao"
	limits = Limits(
		max_window=timedelta(days=1),
		lookback=timedelta(days=90),
		page_size=100,
		push="socket",
		stock_levels_per_call=20,
		stock_keys_per_read=20,
	)

	def list_orders(self, window: TimeWindow, page: int) -> Page:
		"""Newest first. Lists lack the texts, and don't say whether there is a memo."""
		answer = self._list("taobao.trades.sold.increment.get", window, page, TRADE_FIELDS)
		trades = _get_list(answer, "trades", "trade")
		rows = [OrderRow(_get_id(trade, "tid"), trade, UNTOLD) for trade in trades]
		return _make_page(answer, rows, page, self.limits.page_size)

	def count_orders(self, window: TimeWindow) -> int:
		answer = self._list("taobao.trades.sold.increment.get", window, 1, "tid", page_size=1)
		return _get_total(answer)

	def get_order(self, order_no: str) -> Payload:
		answer = self.call(
			"taobao.trade.fullinfo.get",
			tid=order_no,
			fields=TRADE_FIELDS,
			include_oaid="include_oaid",
		)
		trade = answer.get("trade")
		if not isinstance(trade, dict) or not trade:
			raise RemoteNotFoundError("no_trade", f"Taobao has no trade {order_no}.")
		return trade

	def list_refunds(self, window: TimeWindow, page: int) -> Page:
		answer = self._list("taobao.refunds.receive.get", window, page, REFUND_FIELDS)
		return _make_page(answer, _get_list(answer, "refunds", "refund"), page, self.limits.page_size)

	def list_listings(self, page: int) -> Page:
		"""Items on sale, with their variants."""
		size = ITEMS_PER_CALL
		answer = self.call(
			"taobao.items.onsale.get", fields="num_iid", page_no=str(page), page_size=str(size)
		)
		ids = [_get_id(item, "num_iid") for item in _get_list(answer, "items", "item")]
		return _make_page(answer, self._get_items(ids), page, size)

	def confirm_shipment(self, notice: ShipmentNotice) -> None:
		params = {
			"tid": notice.order_no,
			"out_sid": notice.waybill_no,
			"company_code": notice.courier_code,
		}
		if notice.line_nos:
			params |= {"is_split": "1", "sub_tid": ",".join(notice.line_nos)}
		try:
			answer = self.call("taobao.logistics.offline.send", **params)
		except RefusedError:
			if self._is_confirmed(notice):
				return
			raise
		shipping = answer.get("shipping")
		if not (isinstance(shipping, dict) and str(shipping.get("is_success")).lower() == "true"):
			raise RefusedError("not_shipped", "Taobao did not take the shipment.")

	def _is_confirmed(self, notice: ShipmentNotice) -> bool:
		"""Whether Taobao already shows this waybill: on each named line, or anywhere where none is named."""
		lines = _get_list(self.get_order(notice.order_no), "orders", "order")
		shown = {_get_id(line, "oid") for line in lines if _get_id(line, "invoice_no") == notice.waybill_no}
		return shown >= set(notice.line_nos) if notice.line_nos else bool(shown)

	def agree_refund(self, agreement: RefundAgreement) -> None:
		"""The version and the phase that the call wants are read first, so that no newer case is agreed to unread."""
		fields = "refund_id,status,refund_fee,refund_version,refund_phase"
		answer = self.call("taobao.refund.get", refund_id=agreement.case_no, fields=fields)
		refund = answer.get("refund")
		if not isinstance(refund, dict):
			raise RemoteNotFoundError("no_refund", f"Taobao has no refund {agreement.case_no}.")
		if refund.get("status") in AGREED_STATUSES:
			return
		parts = (
			agreement.case_no,
			str(int(agreement.amount * 100)),
			str(refund.get("refund_version")),
			str(refund.get("refund_phase")),
		)
		self.call("taobao.rp.refunds.agree", refund_infos="|".join(parts))

	def update_stock(self, levels: Sequence[StockLevel]) -> list[StockResult]:
		"""Up to 20 variants of one item per call; a refused call is made again variant by variant."""
		results = []
		for batch in _group_levels(levels):
			try:
				self._set_stock(batch)
				results += [StockResult(level) for level in batch]
			except RefusedError as error:
				if len(batch) == 1:
					results.append(StockResult(batch[0], error.code, error.message))
				else:
					results += [result for level in batch for result in self.update_stock([level])]
		return results

	def _set_stock(self, batch: Sequence[StockLevel]) -> None:
		item_id = batch[0].platform_item_id
		if batch[0].platform_sku_id:
			pairs = ";".join(f"{level.platform_sku_id}:{level.qty}" for level in batch)
			self.call("taobao.skus.quantity.update", num_iid=item_id, skuid_quantities=pairs, type="1")
		else:
			self.call("taobao.item.quantity.update", num_iid=item_id, quantity=str(batch[0].qty), type="1")

	def get_stock(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
		wanted = set(keys)
		found: dict[tuple[str, str], int] = {}
		for item in self._get_items(sorted({item_id for item_id, _sku_id in wanted})):
			item_id = _get_id(item, "num_iid")
			skus = _get_list(item, "skus", "sku")
			found |= {(item_id, _get_id(sku, "sku_id")): _to_int(sku.get("quantity")) for sku in skus}
			found.setdefault((item_id, ""), _to_int(item.get("num")))
		return {key: qty for key, qty in found.items() if key in wanted}

	def refresh_token(self) -> TokenSet:
		"""Only apps of the service market get refresh tokens; others are authorised anew by hand."""
		if not self.account.refresh_token:
			raise CredentialError("no_refresh_token", "The shop has no refresh token.", can_refresh=False)
		try:
			answer = self.call(
				"taobao.top.auth.token.refresh", with_session=False, refresh_token=self.account.refresh_token
			)
		except (RefusedError, CredentialError) as error:
			raise CredentialError(error.code, error.message, error.request_id, can_refresh=False) from None
		try:
			token = json.loads(answer["token_result"])
			session_token, life_s = str(token["access_token"]), int(token["expires_in"])
		except (KeyError, TypeError, ValueError):
			raise RetryableError("broken_answer", "The answer holds no token.") from None
		return TokenSet(
			session_token,
			str(token.get("refresh_token") or ""),
			self.now() + timedelta(seconds=life_s) if life_s > 0 else None,
		)

	def get_shop(self) -> ShopFacts:
		user = self.call("taobao.user.seller.get", fields="user_id,nick").get("user")
		if not isinstance(user, dict):
			raise RetryableError("broken_answer", "The answer holds no seller.")
		return ShopFacts(_get_id(user, "user_id"), _get_id(user, "nick"))

	def _get_items(self, item_ids: Sequence[str]) -> list[Payload]:
		items: list[Payload] = []
		for batch in _cut(item_ids, ITEMS_PER_CALL):
			answer = self.call("taobao.items.seller.list.get", fields=ITEM_FIELDS, num_iids=",".join(batch))
			items += _get_list(answer, "items", "item")
		return items

	def _list(
		self, method: str, window: TimeWindow, page: int, fields: str, page_size: int | None = None
	) -> Payload:
		return self.call(
			method,
			fields=fields,
			start_modified=window.start.astimezone(CHINA_TIME).strftime(MOMENT),
			end_modified=window.end.astimezone(CHINA_TIME).strftime(MOMENT),
			page_no=str(page),
			page_size=str(page_size or self.limits.page_size),
			use_has_next="false",  # with it the platform gives no total
		)

	def call(self, method: str, with_session: bool = True, **params: str) -> Payload:
		"""One signed call; the content of its answer."""

		def build() -> requests.Request:
			sent = {
				"method": method,
				"app_key": self.account.app_key,
				"timestamp": self.now().astimezone(CHINA_TIME).strftime(MOMENT),
				"v": "2.0",
				"format": "json",
				"sign_method": "hmac-sha256",
				**{name: value for name, value in params.items() if value},
			}
			if with_session:
				sent["session"] = self.account.session_token
			sent["sign"] = sign(sent, self.account.app_secret)
			return requests.Request("POST", get_base_url(self.account.gateway_url, HOST, PATH), data=sent)

		if with_session and not self.account.session_token:
			raise CredentialError("no_session", "The shop has no session token.")
		return self.transport.call(method, build, partial(read_answer, method))


def _group_levels(levels: Sequence[StockLevel]) -> Iterator[Sequence[StockLevel]]:
	"""Levels that fit into one call: variants of one item, or one item without variants."""
	by_item: dict[str, list[StockLevel]] = {}
	for level in levels:
		if level.platform_sku_id:
			by_item.setdefault(level.platform_item_id, []).append(level)
		else:
			yield [level]
	for variants in by_item.values():
		yield from _cut(variants, SKUS_PER_CALL)


def _cut(values: Sequence, size: int) -> Iterable[Sequence]:
	return (values[start : start + size] for start in range(0, len(values), size))


def _make_page(answer: Payload, rows: list, page: int, size: int) -> Page:
	total = _get_total(answer)
	return Page(total, rows, page * size < total)


def _get_total(answer: Payload) -> int:
	if "total_results" not in answer:
		raise RetryableError("broken_answer", "The answer holds no total.")
	return _to_int(answer["total_results"])


def _get_list(answer: Payload, outer: str, inner: str) -> list[Payload]:
	"""Rows of a wrapped array like trades.trade; none where the platform leaves it out."""
	wrapper = answer.get(outer)
	rows = wrapper.get(inner) if isinstance(wrapper, dict) else None
	return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _get_id(row: Payload, name: str) -> str:
	value = row.get(name)
	return str(value) if isinstance(value, str | int) else ""


def _to_int(value: object) -> int:
	try:
		return int(value) if isinstance(value, str | int | Decimal) else 0
	except ValueError:
		raise RetryableError("broken_answer", "A number in the answer is none.") from None
