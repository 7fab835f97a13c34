"""Douyin's electronic waybills. Source: the vendor's Go SDK, /logistics/newCreateOrder and its neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...connectors.douyin.client import DouyinClient
from ...connectors.errors import ConnectorError, RefusedError, RemoteNotFoundError
from .base import (
	ABSENT,
	Answer,
	Contract,
	Issued,
	Party,
	Request,
	Routing,
	WaybillService,
	ask_each,
	get_list,
	get_number,
	get_object,
	get_text,
)

OTHERS = "0"  # UNCONFIRMED: the table of channels isn't public


class DouyinService(WaybillService):
	"""Numbers of the account that the shop has with its couriers at Douyin; receivers go as ciphertext."""

	provider = "Douyin"
	batch_size = 10

	def __init__(self, client: DouyinClient) -> None:
		self.client = client

	def request(self, contract: Contract, sender: Party, requests: Sequence[Request]) -> list[Answer]:
		"""The answer tells of each order by itself."""

		def ask(batch: Sequence[Request]) -> dict[str, Issued | ConnectorError]:
			params: dict[str, Any] = {
				"sender_info": _write_party(sender),
				"logistics_code": contract.code,
				"order_infos": [_write_parcel(one, contract) for one in batch],
			}
			if any(one.platform != "Douyin" for one in batch):
				params["order_channel"] = OTHERS
			data = self.client.call("/logistics/newCreateOrder", **params)
			found: dict[str, Issued | ConnectorError] = {
				get_text(row, "pack_id"): Issued(get_text(row, "track_no"), _read_routing(row))
				for row in get_list(data, "ebill_infos")
			}
			for row in get_list(data, "err_infos"):
				found[get_text(row, "pack_id")] = RefusedError(
					get_text(row, "err_code") or "unknown", get_text(row, "err_msg")
				)
			return found

		return ask_each(ask, requests)

	def cancel(self, contract: Contract, number: str, request_id: str) -> None:
		try:
			data = self.client.call("/logistics/cancelOrder", logistics_code=contract.code, track_no=number)
		except RemoteNotFoundError:
			return
		except RefusedError as error:
			if ABSENT.search(error.message):
				return
			raise
		result = get_object(data, "cancel_result")
		if result.get("success") is False:
			raise RefusedError("not_cancelled", "Douyin did not take the number back.")

	def get_balance(self, contract: Contract) -> int | None:
		data = self.client.call("/logistics/listShopNetsite", logistics_code=contract.code)
		sites = get_list(data, "netsites")
		if not sites:
			raise RefusedError("no_subscription", f"The shop has no waybill account with {contract.code}.")
		return sum(get_number(site, "amount") or 0 for site in sites)


def _write_parcel(request: Request, contract: Contract) -> dict[str, Any]:
	"""The same order and package id give the same number again."""
	receiver = request.receiver
	row: dict[str, Any] = {
		"order_id": request.order_nos[0] if request.order_nos else request.wire_id,
		"pack_id": request.wire_id,
		"receiver_info": _write_party(receiver),
		"items": [{"item_name": name, "item_count": count} for name, count in request.items]
		or [{"item_name": "商品", "item_count": 1}],
	}
	if len(request.order_nos) > 1:
		row["combine_orders"] = list(request.order_nos[1:])
	if contract.branch_code:
		row["net_info"] = {"net_code": contract.branch_code, "monthly_account": contract.customer_code}
	return row


def _write_party(party: Party) -> dict[str, Any]:
	name, mobile, address = (
		party.ciphers if len(party.ciphers) == 3 else (party.name, party.mobile, party.address)
	)
	return {
		"address": {
			"country_code": "CHN",
			"province_name": party.province,
			"city_name": party.city,
			"district_name": party.district,
			"street_name": party.town,
			"detail_address": address,
		},
		"contact": {"name": name, "mobile": mobile},
	}


def _read_routing(row: Mapping[str, Any]) -> Routing:
	return Routing(
		routing_code=get_text(row, "sort_code"),
		big_pen=get_text(row, "short_address_name"),
		centre_code=get_text(row, "package_center_code"),
		centre_name=get_text(row, "package_center_name"),
		destination_code=get_text(row, "short_address_code"),
	)
