"""Calls to JD's open platform for one shop. Source: open.jd.com, the API pages of JOS."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import requests

from ..base import (
	CHINA_TIME,
	Account,
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
from ..http import Transport, parse_json
from .answers import check_result, make_error, read_answer, to_text
from .signing import sign
from .statuses import ORDER

HOST, PATH = "https://api.jd.com", "/routerjson"
TOKEN_HOST, TOKEN_PATH = "https://open-oauth.jd.com", "/oauth2/refresh_token"
APPROVED = 1
# Of applications before shipping: approved by the seller, by JD, by hand, intercepted, done.
AGREED_STATUSES = frozenset((1, 3, 5, 6, 10))
MOMENT = "%Y-%m-%d %H:%M:%S"
ORDER_FIELDS = ",".join(
	(
		"orderId,venderId,orderType,payType,orderState,orderStateRemark,orderTotalPrice,orderSellerPrice",
		"orderPayment,actualPay,shouldPay,freightPrice,sellerDiscount,balanceUsed,orderStartTime",
		"orderEndTime,paymentConfirmTime,modified,pin,open_id_buyer,orderRemark,venderRemark,invoiceInfo",
		"waybill,logisticsId,parentOrderId,directParentOrderId,storeOrder,idSopShipmenttype,consigneeInfo",
		"itemInfoList,couponDetailList",
	)
)
# Items aren't described in our reference: names from the vendor's API pages, UNCONFIRMED.
SKU_FIELDS = "wareId,skuId,status,jdPrice,outerId,wareTitle,skuName,saleAttrs,stockNum,logo"
REFUND_METHOD = "jingdong.pop.afs.soa.refundapply.queryPageList"
SERVICE_METHOD = "jingdong.asc.serviceAndRefund.view"
CASES_PER_CALL = 50
MAX_CASE_PAGES = 200
# Cases are listed by the time they were asked for, not by their changes: ask far enough back to see those.
REFUND_REACH = timedelta(days=15)
SERVICE_REACH = timedelta(days=6)  # seven days are the longest span, the window itself takes one


class JDClient(PlatformClient):
	"""The shop's orders, after-sale cases, items and stock at JD."""

	platform = "JD"
	# A month would be allowed, but pages past 100 come back empty (one source): 10,000 orders a window.
	limits = Limits(
		max_window=timedelta(days=1), lookback=timedelta(days=90), page_size=100, stock_keys_per_read=100
	)

	def __init__(self, account: Account, transport: Transport, now: Callable[[], datetime]) -> None:
		super().__init__(account, transport, now)
		self._cases: tuple[TimeWindow | None, list[Payload]] = (None, [])

	def list_orders(self, window: TimeWindow, page: int) -> Page:
		"""Newest first, each with its whole payload."""
		result = self._search(window, page, ORDER_FIELDS, self.limits.page_size)
		rows = [
			OrderRow(to_text(order.get("orderId")), order) for order in _get_rows(result, "orderInfoList")
		]
		total = _get_total(result, "orderTotal")
		return Page(total, rows, page * self.limits.page_size < total)

	def count_orders(self, window: TimeWindow) -> int:
		return _get_total(self._search(window, 1, "orderId", 1), "orderTotal")

	def get_order(self, order_no: str) -> Payload:
		result = self.call(
			"jingdong.pop.order.get",
			"orderDetailInfo",
			order_id=order_no,
			optional_fields=ORDER_FIELDS,
			source_id="JOS",
		)
		order = result.get("orderInfo")
		if not isinstance(order, dict) or not order:
			raise RemoteNotFoundError("no_order", f"JD has no order {order_no}.")
		return order

	def list_refunds(self, window: TimeWindow, page: int) -> Page:
		"""Refunds before shipping and cases after receipt that may have changed in the window.

		JD lists both by the time of the request, so those asked for in the days before are among them. Page 1
		reads all; further pages of the same window are cut from what it read.
		"""
		if page == 1 or self._cases[0] != window:
			self._cases = (window, self._read_cases(window))
		cases, size = self._cases[1], self.limits.page_size
		return Page(len(cases), cases[(page - 1) * size : page * size], page * size < len(cases))

	def _read_cases(self, window: TimeWindow) -> list[Payload]:
		queries = (
			(
				REFUND_METHOD,
				_make_span("applyTimeStart", window.start - REFUND_REACH, "applyTimeEnd", window.end),
			),
			(
				SERVICE_METHOD,
				_make_span("applyTimeBegin", window.start - SERVICE_REACH, "applyTimeEnd", window.end),
			),
			(SERVICE_METHOD, _make_span("approveTimeBegin", window.start, "approveTimeEnd", window.end)),
		)
		found: dict[tuple[str, str], Payload] = {}
		for method, span in queries:
			rows = self._read_refunds(span) if method == REFUND_METHOD else self._read_services(span)
			found |= {(method, _get_case_no(row)): row for row in rows}
		return list(found.values())

	def _read_refunds(self, span: dict[str, str]) -> list[Payload]:
		return _read_all(
			lambda page: self.call(
				REFUND_METHOD, "queryResult", **span, pageIndex=page, pageSize=CASES_PER_CALL, showSku=True
			),
			"result",
		)

	def _read_services(self, span: dict[str, str]) -> list[Payload]:
		return _read_all(
			lambda page: self.call(
				SERVICE_METHOD, "pageResult", **span, pageNumber=page, pageSize=CASES_PER_CALL
			),
			"data",
		)

	def list_listings(self, page: int) -> Page:
		"""One row per SKU."""
		size = self.limits.page_size
		result = self.call(
			"jingdong.sku.read.searchSkuList", "page", pageNo=page, pageSize=size, field=SKU_FIELDS
		)
		total = _get_total(result, "totalItem")
		return Page(total, _get_rows(result, "data"), page * size < total)

	def confirm_shipment(self, notice: ShipmentNotice) -> None:
		"""JD knows no parts of an order: further parcels are told together with those that it shows."""
		parcels = [] if notice.is_first else self._get_parcels(notice.order_no)
		if any(waybill_no == notice.waybill_no for _courier, waybill_no in parcels):
			return
		parcels.append((notice.courier_code, notice.waybill_no))
		try:
			self.call(
				"jingdong.pop.order.shipment",
				"sopjosshipment_result",
				orderId=notice.order_no,
				logiCoprId="|".join(courier for courier, _waybill_no in parcels),
				logiNo="|".join(waybill_no for _courier, waybill_no in parcels),
			)
		except RefusedError:
			shown = self._get_parcels(notice.order_no)
			if all(waybill_no != notice.waybill_no for _courier, waybill_no in shown):
				raise

	def agree_refund(self, agreement: RefundAgreement) -> None:
		"""The call and its parameters are UNCONFIRMED. A refused call is no error where JD shows the case as approved."""
		try:
			self.call(
				"jingdong.pop.afs.soa.refundapply.replyRefund",
				"replyResult",
				id=agreement.case_no,
				status=APPROVED,
				checkUserName=agreement.agreed_by or "OMS",
				remark="",
			)
		except RefusedError:
			answer = self.call(
				"jingdong.pop.afs.soa.refundapply.queryPageList",
				"queryResult",
				orderId=agreement.order_no,
				pageIndex=1,
				pageSize=50,
			)
			rows = {to_text(row.get("id")): row.get("status") for row in answer.get("result") or ()}
			if rows.get(agreement.case_no) not in AGREED_STATUSES:
				raise

	def _get_parcels(self, order_no: str) -> list[tuple[str, str]]:
		"""(courier, waybill number) of what JD shows as sent."""
		order = self.get_order(order_no)
		couriers = to_text(order.get("logisticsId")).split("|")
		groups = to_text(order.get("waybill")).split("|")
		return [
			(courier, waybill_no)
			for courier, group in zip(couriers, groups, strict=False)
			for waybill_no in group.split(",")
			if waybill_no
		]

	def update_stock(self, levels: Sequence[StockLevel]) -> list[StockResult]:
		"""One call per SKU."""
		results = []
		for level in levels:
			try:
				self.call(
					"jingdong.ware.stock.sku.set", "result", skuId=level.platform_sku_id, stockNum=level.qty
				)
				results.append(StockResult(level))
			except RefusedError as error:
				results.append(StockResult(level, error.code, error.message))
		return results

	def get_stock(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
		wanted = set(keys)
		sku_ids = sorted({sku_id for _item_id, sku_id in wanted if sku_id})
		size = self.limits.page_size
		found: dict[tuple[str, str], int] = {}
		for start in range(0, len(sku_ids), size):
			result = self.call(
				"jingdong.sku.read.searchSkuList",
				"page",
				skuId=",".join(sku_ids[start : start + size]),
				pageNo=1,
				pageSize=size,
				field=SKU_FIELDS,
			)
			for row in _get_rows(result, "data"):
				found[to_text(row.get("wareId")), to_text(row.get("skuId"))] = _get_total(row, "stockNum")
		return {key: qty for key, qty in found.items() if key in wanted}

	def refresh_token(self) -> TokenSet:
		"""JD takes a refresh only in the last 24 hours of a token, and both tokens change."""
		if not self.account.refresh_token:
			raise CredentialError("no_refresh_token", "The shop has no refresh token.", can_refresh=False)
		params = {
			"app_key": self.account.app_key,
			"app_secret": self.account.app_secret,
			"grant_type": "refresh_token",
			"refresh_token": self.account.refresh_token,
		}
		url = get_base_url(self._get_gateway(), TOKEN_HOST, TOKEN_PATH)
		return self.transport.call(
			"oauth2.refresh_token", lambda: requests.Request("GET", url, params=params), self._read_token
		)

	def _read_token(self, response: requests.Response) -> TokenSet:
		body = parse_json(response)
		if not isinstance(body, dict):
			raise RetryableError("broken_answer", "The answer is no object.")
		if not to_text(body.get("access_token")):
			told = body.get("error_response")
			error = make_error(told if isinstance(told, dict) else body)
			if isinstance(error, RetryableError):
				raise error
			raise CredentialError(error.code, error.message, can_refresh=False)
		life_s = _get_total(body, "expires_in")
		return TokenSet(
			to_text(body["access_token"]),
			to_text(body.get("refresh_token")),
			self.now() + timedelta(seconds=life_s) if life_s > 0 else None,
		)

	def get_shop(self) -> ShopFacts:
		result = self.call("jingdong.seller.vender.info.get", "vender_info_result")
		return ShopFacts(to_text(result.get("vender_id")), to_text(result.get("shop_name")))

	def _search(self, window: TimeWindow, page: int, fields: str, size: int) -> Payload:
		return self.call(
			"jingdong.pop.order.search",
			"searchorderinfo_result",
			**_make_span("start_date", window.start, "end_date", window.end),
			order_state=",".join(ORDER),
			optional_fields=fields,
			page=str(page),
			page_size=str(size),
			sortType="1",
			dateType="0",
			source_id="JOS",
		)

	def call(self, method: str, member: str, **params: str | int | bool) -> Payload:
		"""One signed call; the business result in the answer's `member`, checked."""

		def build() -> requests.Request:
			sent = {
				"method": method,
				"app_key": self.account.app_key,
				"access_token": self.account.session_token,
				"timestamp": self.now().astimezone(CHINA_TIME).strftime(MOMENT),
				"v": "2.0",
				"360buy_param_json": json.dumps(params, ensure_ascii=False, separators=(",", ":")),
			}
			sent["sign"] = sign(sent, self.account.app_secret)
			return requests.Request("POST", get_base_url(self.account.gateway_url, HOST, PATH), data=sent)

		def read(response: requests.Response) -> Payload:
			result = read_answer(method, response).get(member)
			if not isinstance(result, dict):
				raise RetryableError("broken_answer", f"The answer holds no {member}.")
			check_result(result)
			return result

		if not self.account.session_token:
			raise CredentialError("no_session", "The shop has no access token.")
		return self.transport.call(method, build, read)

	def _get_gateway(self) -> str:
		return self.account.gateway_url.rstrip("/").removesuffix(PATH)


def _read_all(ask: Callable[[int], Payload], rows_name: str) -> list[Payload]:
	"""The rows of all pages, from the first on; new cases come in at the end."""
	rows: list[Payload] = []
	for page in range(1, MAX_CASE_PAGES + 1):
		result = ask(page)
		got = _get_rows(result, rows_name)
		rows += got
		if not got or page * CASES_PER_CALL >= _get_total(result, "totalCount"):
			break
	return rows


def _make_span(start_name: str, start: datetime, end_name: str, end: datetime) -> dict[str, str]:
	return {
		start_name: start.astimezone(CHINA_TIME).strftime(MOMENT),
		end_name: end.astimezone(CHINA_TIME).strftime(MOMENT),
	}


def _get_case_no(row: Payload) -> str:
	return to_text(row.get("serviceId")) or to_text(row.get("id"))


def _get_rows(result: Payload, name: str) -> list[Payload]:
	rows = result.get(name)
	return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _get_total(result: Payload, name: str) -> int:
	text = to_text(result.get(name))
	if not (text.isascii() and text.isdigit()):
		raise RetryableError("broken_answer", f"The answer holds no {name}.")
	return int(text)
