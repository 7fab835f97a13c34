"""Cainiao's electronic waybills over Taobao's open platform. Source: the vendor's pages of cainiao.waybill.ii."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ...connectors.errors import ConnectorError, RefusedError, RemoteNotFoundError
from ...connectors.taobao.client import TaobaoClient
from .base import (
	Answer,
	Contract,
	Issued,
	Party,
	Request,
	WaybillService,
	ask_each,
	get_list,
	get_number,
	get_object,
	get_text,
	read_print_data,
	write_items,
)

TEMPLATE = "http://cloudprint.cainiao.com/template/standard/101"
CHANNELS = {"Taobao": "TB", "JD": "JD", "Pinduoduo": "PIN_DUO_DUO", "Douyin": "DOU_YIN"}


class CainiaoService(WaybillService):
	"""Numbers of the account that the Taobao shop has with Cainiao."""

	provider = "Cainiao"
	batch_size = 10

	def __init__(self, client: TaobaoClient) -> None:
		self.client = client

	def request(self, contract: Contract, sender: Party, requests: Sequence[Request]) -> list[Answer]:
		def ask(batch: Sequence[Request]) -> dict[str, Issued | ConnectorError]:
			order = {
				"cp_code": contract.code,
				"sender": {**_write_contact(sender), "address": _write_address(sender)},
				"trade_order_info_dtos": [_write_parcel(one, contract) for one in batch],
				"need_encrypt": False,  # the label is drawn here and needs the routing in clear
			}
			if contract.customer_code:
				order["customer_code"] = contract.customer_code
			answer = self.client.call(
				"cainiao.waybill.ii.get", param_waybill_cloud_print_apply_new_request=_dump(order)
			)
			rows = get_list(get_object(answer, "modules"), "waybill_cloud_print_response")
			return {
				get_text(row, "object_id"): Issued(
					get_text(row, "waybill_code"), read_print_data(get_text(row, "print_data"))
				)
				for row in rows
			}

		return ask_each(ask, requests)

	def cancel(self, contract: Contract, number: str, request_id: str) -> None:
		try:
			answer = self.client.call("cainiao.waybill.ii.cancel", cp_code=contract.code, waybill_code=number)
		except RemoteNotFoundError:
			return
		if str(answer.get("cancel_result")).lower() != "true":
			raise RefusedError("not_cancelled", "Cainiao did not take the number back.")

	def get_balance(self, contract: Contract) -> int | None:
		answer = self.client.call("cainiao.waybill.ii.search", cp_code=contract.code)
		left = [
			get_number(branch, "quantity") or 0
			for column in get_list(
				get_object(answer, "waybill_apply_subscription_cols"), "waybill_apply_subscription_info"
			)
			for branch in get_list(get_object(column, "branch_account_cols"), "waybill_branch_account")
		]
		if not left:
			raise RefusedError("no_subscription", f"The shop has no waybill account with {contract.code}.")
		return sum(left)


def _write_parcel(request: Request, contract: Contract) -> dict[str, Any]:
	"""Cainiao gives the same number again for the same orders and package id."""
	return {
		"object_id": request.wire_id,
		"order_info": {
			"order_channels_type": CHANNELS.get(request.platform, "OTHERS"),
			"trade_order_list": list(request.order_nos),
		},
		"package_info": {
			"id": request.wire_id,
			"items": write_items(request),
			"weight": request.weight_g,
		},
		"recipient": _write_recipient(request),
		"template_url": contract.template_url or TEMPLATE,
	}


def _write_recipient(request: Request) -> dict[str, Any]:
	receiver = request.receiver
	row = {**_write_contact(receiver), "address": _write_address(receiver)}
	if receiver.oaid:
		row |= {"oaid": receiver.oaid, "tid": request.order_nos[0]}
	return row


def _write_contact(party: Party) -> dict[str, str]:
	return {"name": party.name, "mobile": party.mobile}


def _write_address(party: Party) -> dict[str, str]:
	return {
		"province": party.province,
		"city": party.city,
		"district": party.district,
		"town": party.town,
		"detail": party.address,
	}


def _dump(value: object) -> str:
	return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
