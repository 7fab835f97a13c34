"""Douyin shop's calls for one shop. Source: the vendor's pages of /order, /afterSale, /product, /sku and /token."""

from __future__ import annotations

import hashlib
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
from .errors import SUCCESS, make_error
from .signing import sign, write_params

HOST = "https://openapi-fxg.jinritemai.com"
AGREE_MONEY = 101
AGREED_STATUSES = frozenset((7, 12))  # waiting for the buyer's parcel, success
ABSOLUTE_FROM = 10**9  # an expires_in above it is a moment, not a span


class DouyinClient(PlatformClient):
	"""Pages count from 0 on the wire; the list holds whole orders, as the detail does."""

	platform = "Douyin"
	limits = Limits(
		max_window=timedelta(days=1),  # ours: the platform names no longest window
		lookback=timedelta(days=90),
		page_size=100,
		calls_per_s=10,  # UNCONFIRMED: no figures are published
		burst=20,
		push="webhook",
	)

	def list_orders(self, window: TimeWindow, page: int) -> Page:
		size = self.limits.page_size
		data = self._search_orders(window, page, size)
		rows = [OrderRow(_get_order_id(row), row) for row in _get_list(data, "shop_order_list")]
		total = _get_total(data)
		return Page(total, rows, page * size < total)

	def count_orders(self, window: TimeWindow) -> int:
		return _get_total(self._search_orders(window, 1, 1))

	def get_order(self, order_no: str) -> Payload:
		order = self.call("/order/orderDetail", shop_order_id=order_no).get("shop_order_detail")
		if not order:
			raise RemoteNotFoundError("order_missing", order_no)
		return _check_object(order)

	def list_refunds(self, window: TimeWindow, page: int) -> Page:
		data = self.call(
			"/afterSale/List",
			update_start_time=int(window.start.timestamp()),
			update_end_time=int(window.end.timestamp()),
			order_by=["update_time asc"],
			page=page - 1,
			size=self.limits.page_size,
		)
		return Page(_get_total(data), _get_list(data, "items"), data.get("has_more") is True)

	def list_listings(self, page: int) -> Page:
		"""Rows are items of the list of products, each with its SKUs under `skus`, which cost a call each.

		Source: /product/listV2, whose pages count from 1, and /sku/list.
		"""
		size = self.limits.page_size
		data = self.call("/product/listV2", page=page, size=size)
		rows = [
			{**_check_object(row), "skus": self._list_skus(_get_product_id(row))}
			for row in _get_list(data, "data")
		]
		total = _get_total(data)
		return Page(total, rows, page * size < total)

	def confirm_shipment(self, notice: ShipmentNotice) -> None:
		"""A whole order in one parcel by the simple call, which is refused the second time: then the order is read.

		Any other parcel names its lines and their pieces, and a request id that makes a repetition harmless.
		"""
		try:
			if notice.is_first and not notice.line_nos:
				self.call(
					"/order/logisticsAdd",
					order_id=notice.order_no,
					company_code=notice.courier_code,
					logistics_code=notice.waybill_no,
				)
			else:
				self._send_pack(notice)
		except RefusedError:
			if not _has_parcel(self.get_order(notice.order_no), notice.waybill_no):
				raise

	def agree_refund(self, agreement: RefundAgreement) -> None:
		"""The number of the operation is UNCONFIRMED. A refused case is read: it may have been agreed to before."""
		answer = self.call(
			"/afterSale/operate", type=AGREE_MONEY, items=[{"aftersale_id": agreement.case_no}]
		)
		(item,) = answer.get("items") or [{}]
		if item.get("status_code") == 0:
			return
		detail = self.call("/afterSale/Detail", after_sale_id=agreement.case_no)
		process = detail.get("process_info") or {}
		info = process.get("after_sale_info") or {}
		if info.get("after_sale_status", info.get("aftersale_status")) not in AGREED_STATUSES:
			raise RefusedError(str(item.get("status_code")), str(item.get("status_msg") or ""))

	def update_stock(self, levels: Sequence[StockLevel]) -> list[StockResult]:
		"""One by one: the platform's batch takes all levels or none."""
		results = []
		for level in levels:
			try:
				self._send_stock(level)
				results.append(StockResult(level))
			except RefusedError as error:
				results.append(StockResult(level, error.code, error.message))
		return results

	def get_stock(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
		found = {}
		for item_id, sku_id in keys:
			try:
				data = self.call("/sku/stockNum", sku_id=_write_id(sku_id))
			except RefusedError:
				continue  # unknown at the platform, so left out
			stock = data.get("stock_num")
			if isinstance(stock, int) and not isinstance(stock, bool):
				found[item_id, sku_id] = stock
		return found

	def refresh_token(self) -> TokenSet:
		"""More than an hour before its end the platform gives the same tokens again."""
		try:
			data = self.call(
				"/token/refresh",
				with_token=False,
				grant_type="refresh_token",
				refresh_token=self.account.refresh_token,
			)
		except (CredentialError, RefusedError) as error:
			# However it is put, a refresh token that isn't taken means that the shop must be authorised anew.
			raise CredentialError(error.code, error.message, error.request_id, can_refresh=False) from error
		token = str(data.get("access_token") or "")
		if not token:
			raise CredentialError("token_missing", "The answer holds no token.", can_refresh=False)
		return TokenSet(token, str(data.get("refresh_token") or ""), self._read_expiry(data))

	def get_shop(self) -> ShopFacts:
		"""Asks for one order of the last hour: the documented calls tell a shop's name only with a new token."""
		now = self.now()
		data = self._search_orders(TimeWindow(now - timedelta(hours=1), now), 1, 1)
		for row in _get_list(data, "shop_order_list"):
			return ShopFacts(str(row.get("shop_id") or ""), str(row.get("shop_name") or ""))
		return ShopFacts()

	def _search_orders(self, window: TimeWindow, page: int, size: int) -> Mapping[str, Any]:
		return self.call(
			"/order/searchList",
			update_time_start=int(window.start.timestamp()),
			update_time_end=int(window.end.timestamp()),
			order_by="update_time",
			order_asc=True,
			page=page - 1,
			size=size,
		)

	def _list_skus(self, product_id: str) -> list[Any]:
		data = self.call("/sku/list", product_id=_write_id(product_id))
		return _get_list(data, "data")

	def _send_pack(self, notice: ShipmentNotice) -> None:
		order = self.get_order(notice.order_no)
		if _has_parcel(order, notice.waybill_no):
			return
		lines = [
			{"shipped_order_id": str(line.get("order_id")), "shipped_num": line.get("item_num")}
			for line in _get_list(order, "sku_order_list")
			if not notice.line_nos or str(line.get("order_id")) in notice.line_nos
		]
		self.call(
			"/order/logisticsAddMultiPack",
			order_id=notice.order_no,
			request_id=_make_request_id(notice),
			pack_list=[
				{
					"shipped_order_info": lines,
					"logistics_code": notice.waybill_no,
					"company_code": notice.courier_code,
				}
			],
		)

	def _send_stock(self, level: StockLevel) -> None:
		self.call(
			"/sku/syncStock",
			product_id=_write_id(level.platform_item_id),
			sku_id=_write_id(level.platform_sku_id),
			stock_num=level.qty,
			incremental=False,
		)

	def _read_expiry(self, data: Mapping[str, Any]) -> datetime | None:
		seconds = data.get("expires_in")
		if not isinstance(seconds, int) or isinstance(seconds, bool):
			return None
		if seconds > ABSOLUTE_FROM:
			return datetime.fromtimestamp(seconds, CHINA_TIME)
		return self.now() + timedelta(seconds=seconds)

	def call(self, path: str, with_token: bool = True, **params: object) -> Mapping[str, Any]:
		"""`data` of the answer; a bare list, as /sku/list gives it, comes under `data`."""
		method = path.strip("/").replace("/", ".")
		given = {name: value for name, value in params.items() if value not in (None, "")}

		def build() -> requests.Request:
			timestamp = str(int(self.now().timestamp()))
			text = write_params(given)
			query = {
				"app_key": self.account.app_key,
				"method": method,
				"timestamp": timestamp,
				"v": "2",
				"sign_method": "hmac-sha256",
				"sign": sign(self.account.app_key, self.account.app_secret, method, text, timestamp),
			}
			if with_token:
				query["access_token"] = self.account.session_token
			return requests.Request(
				"POST",
				get_base_url(self.account.gateway_url, HOST, path),
				params=query,
				data=text.encode(),  # byte for byte what was signed
				headers={"Content-Type": "application/json", "x-open-no-old-err-code": "1"},
			)

		return self.transport.call(method, build, _read_answer)


def _read_answer(response: requests.Response) -> Mapping[str, Any]:
	answer = _check_object(parse_json(response))
	if answer.get("code", SUCCESS if answer.get("err_no") == 0 else None) != SUCCESS:
		raise make_error(answer)
	data = answer.get("data")
	return {"data": data} if isinstance(data, list) else _check_object({} if data is None else data)


def _check_object(value: object) -> dict[str, Any]:
	if not isinstance(value, dict):
		raise RetryableError("broken_answer", "The platform's answer has not the documented shape.")
	return value


def _get_list(data: Mapping[str, Any], name: str) -> list[Any]:
	value = data.get(name)
	if value is None:
		return []
	if not isinstance(value, list):
		raise RetryableError("broken_answer", f"{name} is no list.")
	return value


def _get_total(data: Mapping[str, Any]) -> int:
	total = data.get("total")
	if not isinstance(total, int) or isinstance(total, bool):
		raise RetryableError("broken_answer", "The answer holds no total.")
	return total


def _get_order_id(row: object) -> str:
	order_id = _check_object(row).get("order_id")
	if not isinstance(order_id, str) or not order_id:
		raise RetryableError("broken_answer", "A row of the list has no order number.")
	return order_id


def _get_product_id(row: object) -> str:
	product_id = _check_object(row).get("product_id")
	if not isinstance(product_id, str | int) or not product_id:
		raise RetryableError("broken_answer", "A product has no id.")
	return str(product_id)


def _has_parcel(order: Mapping[str, Any], waybill_no: str) -> bool:
	parcels = _get_list(order, "logistics_info")
	return any(str(_check_object(parcel).get("tracking_no") or "") == waybill_no for parcel in parcels)


def _make_request_id(notice: ShipmentNotice) -> str:
	"""The same for every repetition of one parcel."""
	return hashlib.sha256(f"{notice.order_no}|{notice.waybill_no}".encode()).hexdigest()[:32]


def _write_id(text: str) -> int | str:
	"""Ids of products and SKUs are JSON numbers on the wire."""
	return int(text) if text.isascii() and text.isdigit() else text
