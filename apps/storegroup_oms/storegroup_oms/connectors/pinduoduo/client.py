"""Pinduoduo's calls for one shop. Source: the vendor's pages of pdd.order.*, pdd.refund.*, pdd.logistics.*, pdd.goods.*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

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
from ..http import parse_json
from .errors import make_error
from .signing import sign, write_value

GATEWAY = "https://gw-api.pinduoduo.com"
PATH = "/api/router"
ALL = 5  # of order_status and of refund_status
ALL_CASES = 1  # of after_sales_type, whose numbers differ from those of a case's detail
SPLIT = 1  # of extra_track_type
AGREED_STATUSES = frozenset((4, 5, 10))  # of after_sales_status
SET = 1  # of update_type; 2 adds


class PinduoduoClient(PlatformClient):
	"""The list of orders holds numbers only; each order is fetched by its number."""

	platform = "Pinduoduo"
	limits = Limits(
		max_window=timedelta(minutes=30),
		lookback=timedelta(days=90),
		page_size=100,
		end_lag=timedelta(minutes=3),
		push="socket",
		shows_unpaid=False,
		stock_keys_per_read=100,
	)

	def list_orders(self, window: TimeWindow, page: int) -> Page:
		size = self.limits.page_size
		answer = self._list_order_numbers(window, page, size)
		rows = [OrderRow(_read_order_sn(row)) for row in _get_list(answer, "order_sn_list")]
		total = _get_total(answer)
		return Page(total, rows, page * size < total)

	def count_orders(self, window: TimeWindow) -> int:
		return _get_total(self._list_order_numbers(window, 1, 1))

	def get_order(self, order_no: str) -> Payload:
		answer = self.call("pdd.order.information.get", "order_info_get_response", order_sn=order_no)
		order = answer.get("order_info")
		if not order:
			raise RemoteNotFoundError("order_missing", order_no)
		return _check_object(order)

	def list_refunds(self, window: TimeWindow, page: int) -> Page:
		size = self.limits.page_size
		answer = self.call(
			"pdd.refund.list.increment.get",
			"refund_increment_get_response",
			start_updated_at=int(window.start.timestamp()),
			end_updated_at=int(window.end.timestamp()),
			after_sales_status=ALL_CASES,
			after_sales_type=ALL_CASES,
			page=page,
			page_size=size,
		)
		total = _get_total(answer)
		return Page(total, _get_list(answer, "refund_list"), page * size < total)

	def list_listings(self, page: int) -> Page:
		size = self.limits.page_size
		answer = self.call("pdd.goods.list.get", "goods_list_get_response", page=page, page_size=size)
		total = _get_total(answer)
		return Page(total, _get_list(answer, "goods_list"), page * size < total)

	def confirm_shipment(self, notice: ShipmentNotice) -> None:
		"""A refusal is no error when the platform's order already shows the waybill.

		Further parcels are looked for first: the platform would take the same one twice.
		"""
		if not notice.is_first and self._has_parcel(notice):
			return
		try:
			if notice.is_first:
				self._send_first(notice)
			else:
				self._send_further(notice)
		except RefusedError:
			if not notice.is_first or not self._has_parcel(notice):
				raise

	def agree_refund(self, agreement: RefundAgreement) -> None:
		"""The names of the parameters are UNCONFIRMED. A refused call is no error where the case has moved on."""
		case = {"order_sn": agreement.order_no, "after_sales_id": agreement.case_no}
		try:
			self.call("pdd.refund.agree", "refund_agree_response", **case)
		except RefusedError:
			shown = self.call("pdd.refund.information.get", "refund_information_get_response", **case)
			if shown.get("after_sales_status") not in AGREED_STATUSES:
				raise

	def update_stock(self, levels: Sequence[StockLevel]) -> list[StockResult]:
		results = []
		for level in levels:
			try:
				self._send_stock(level)
				results.append(StockResult(level))
			except RefusedError as error:
				results.append(StockResult(level, error.code, error.message))
		return results

	def get_stock(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
		"""Reads the list of goods page by page until every key was met: no call tells the stock of one SKU."""
		wanted, found, page = set(keys), {}, 1
		while wanted - found.keys():
			answer = self.list_listings(page)
			for goods in answer.rows:
				for sku in _get_list(goods, "sku_list"):
					key = (str(goods.get("goods_id", "")), str(sku.get("sku_id", "")))
					if key in wanted and isinstance(sku.get("sku_quantity"), int):
						found[key] = sku["sku_quantity"]
			if not answer.has_more or not answer.rows:
				break
			page += 1
		return found

	def refresh_token(self) -> TokenSet:
		try:
			answer = self.call(
				"pdd.pop.auth.token.refresh",
				"pop_auth_token_refresh_response",
				with_token=False,
				refresh_token=self.account.refresh_token,
			)
		except (CredentialError, RefusedError) as error:
			# However it is put, a refresh token that isn't taken means that the shop must be authorised anew.
			raise CredentialError(error.code, error.message, error.request_id, can_refresh=False) from error
		token = str(answer.get("access_token") or "")
		if not token:
			raise CredentialError("token_missing", "The answer holds no token.", can_refresh=False)
		return TokenSet(token, str(answer.get("refresh_token") or ""), self._read_expiry(answer))

	def get_shop(self) -> ShopFacts:
		"""Source: pdd.mall.info.get (UNCONFIRMED beyond the vendor's list of calls in two SDKs)."""
		answer = self.call("pdd.mall.info.get", "mall_info_get_response")
		return ShopFacts(str(answer.get("mall_id") or ""), str(answer.get("mall_name") or ""))

	def _list_order_numbers(self, window: TimeWindow, page: int, size: int) -> Mapping[str, Any]:
		return self.call(
			"pdd.order.number.list.increment.get",
			"order_sn_increment_get_response",
			start_updated_at=int(window.start.timestamp()),
			end_updated_at=int(window.end.timestamp()),
			order_status=ALL,
			refund_status=ALL,
			is_lucky_flag=0,  # 0: with and without orders of lotteries
			page=page,
			page_size=size,
			use_has_next=False,  # with it there would be no total_count
		)

	def _send_first(self, notice: ShipmentNotice) -> None:
		answer = self.call(
			"pdd.logistics.online.send",
			"logistics_online_send_response",
			order_sn=notice.order_no,
			logistics_id=notice.courier_code,
			tracking_number=notice.waybill_no,
			redelivery_type=1,
		)
		_assert_success(answer)

	def _send_further(self, notice: ShipmentNotice) -> None:
		answer = self.call(
			"pdd.order.upload.extra.logistics",
			"order_upload_extra_logistics_response",
			order_sn=notice.order_no,
			extra_track_type=SPLIT,
			extra_track_list=[{"shipping_id": notice.courier_code, "tracking_number": notice.waybill_no}],
		)
		_assert_success(answer)

	def _has_parcel(self, notice: ShipmentNotice) -> bool:
		order = self.get_order(notice.order_no)
		parcels = [order, *_get_list(order, "extra_delivery_list")]
		return any(str(parcel.get("tracking_number") or "") == notice.waybill_no for parcel in parcels)

	def _send_stock(self, level: StockLevel) -> None:
		params = {"goods_id": level.platform_item_id, "quantity": level.qty, "update_type": SET}
		if level.platform_sku_id:
			params["sku_id"] = level.platform_sku_id
		_assert_success(self.call("pdd.goods.quantity.update", "goods_quantity_update_response", **params))

	def _read_expiry(self, answer: Mapping[str, Any]) -> datetime | None:
		expires_at, expires_in = answer.get("expires_at"), answer.get("expires_in")
		if isinstance(expires_at, int) and expires_at > 0:
			return datetime.fromtimestamp(expires_at, CHINA_TIME)
		return self.now() + timedelta(seconds=expires_in) if isinstance(expires_in, int) else None

	def call(self, api: str, root: str, with_token: bool = True, **params: object) -> Mapping[str, Any]:
		"""The object under the answer's root, whose name doesn't follow from the call's."""

		def build() -> requests.Request:
			sent = {
				"type": api,
				"client_id": self.account.app_key,
				"timestamp": int(self.now().timestamp()),
				"data_type": "JSON",
				"version": "V1",
				**params,
			}
			if with_token:
				sent["access_token"] = self.account.session_token
			# Whether an empty value is signed is not documented; none is ever sent.
			texts = {name: text for name, value in sent.items() if (text := write_value(value)) != ""}
			texts["sign"] = sign(texts, self.account.app_secret)
			url = get_base_url(self.account.gateway_url, GATEWAY, PATH)
			return requests.Request("POST", url, data=texts)

		return self.transport.call(api, build, lambda response: _read_answer(response, root))


def _read_answer(response: requests.Response, root: str) -> Mapping[str, Any]:
	answer = _check_object(parse_json(response))
	if (error := answer.get("error_response")) is not None:
		raise make_error(_check_object(error))
	return _check_object(answer.get(root))


def _check_object(value: object) -> dict[str, Any]:
	if not isinstance(value, dict):
		raise RetryableError("broken_answer", "The platform's answer has not the documented shape.")
	return value


def _get_list(answer: Mapping[str, Any], name: str) -> list[Any]:
	value = answer.get(name)
	if value is None:
		return []
	if not isinstance(value, list):
		raise RetryableError("broken_answer", f"{name} is no list.")
	return value


def _get_total(answer: Mapping[str, Any]) -> int:
	total = answer.get("total_count")
	if not isinstance(total, int) or isinstance(total, bool):
		raise RetryableError("broken_answer", "The answer holds no total.")
	return total


def _read_order_sn(row: object) -> str:
	"""A row is an object with `order_sn`; a bare number is taken too."""
	order_no = row.get("order_sn") if isinstance(row, Mapping) else row
	if not isinstance(order_no, str) or not order_no:
		raise RetryableError("broken_answer", "A row of the list has no order number.")
	return order_no


def _assert_success(answer: Mapping[str, Any]) -> None:
	if answer.get("is_success") is False:
		raise RefusedError("not_done", "The platform took the call and says that it was not done.")
