"""Pinduoduo's electronic waybills. Source: the vendor's pages of pdd.waybill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...connectors.errors import ConnectorError, RefusedError, RemoteNotFoundError
from ...connectors.pinduoduo.client import PinduoduoClient
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
	get_text,
	read_print_data,
	write_items,
)

# UNCONFIRMED: the address of the standard template; pdd.cloudprint.stdtemplates.get names the shop's own.
TEMPLATE = "https://file-link.pinduoduo.com/express_std"
CHANNELS = {"Taobao": "TB", "JD": "JD", "Pinduoduo": "PDD", "Douyin": "DY"}


class PinduoduoService(WaybillService):
	"""Numbers of the account that the shop has with its couriers at Pinduoduo; receivers go as ciphertext."""

	provider = "Pinduoduo"
	batch_size = 10

	def __init__(self, client: PinduoduoClient) -> None:
		self.client = client

	def request(self, contract: Contract, sender: Party, requests: Sequence[Request]) -> list[Answer]:
		def ask(batch: Sequence[Request]) -> dict[str, Issued | ConnectorError]:
			answer = self.client.call(
				"pdd.waybill.get",
				"pdd_waybill_get_response",
				param_waybill_cloud_print_apply_new_request={
					"wp_code": contract.code,
					"need_encrypt": False,
					"sender": {
						"name": sender.name,
						"mobile": sender.mobile,
						"address": _write_address(sender, sender.address),
					},
					"trade_order_info_dtos": [self._write_parcel(one, contract) for one in batch],
				},
			)
			return {
				get_text(row, "object_id"): Issued(
					get_text(row, "waybill_code"), read_print_data(get_text(row, "print_data"))
				)
				for row in get_list(answer, "modules")
			}

		return ask_each(ask, requests)

	def cancel(self, contract: Contract, number: str, request_id: str) -> None:
		try:
			answer = self.client.call(
				"pdd.waybill.cancel",
				"pdd_waybill_cancel_response",
				wp_code=contract.code,
				waybill_code=number,
			)
		except RemoteNotFoundError:
			return
		if answer.get("cancel_result") is False:
			raise RefusedError("not_cancelled", "Pinduoduo did not take the number back.")

	def get_balance(self, contract: Contract) -> int | None:
		answer = self.client.call("pdd.waybill.search", "pdd_waybill_search_response", wp_code=contract.code)
		left = [
			get_number(branch, "quantity") or 0
			for column in get_list(answer, "waybill_apply_subscription_cols")
			for branch in get_list(column, "branch_account_cols")
		]
		if not left:
			raise RefusedError("no_subscription", f"The shop has no waybill account with {contract.code}.")
		return sum(left)

	def _write_parcel(self, request: Request, contract: Contract) -> dict[str, Any]:
		"""The same orders and package id give the same number again."""
		receiver = request.receiver
		name, mobile, address = (
			receiver.ciphers
			if len(receiver.ciphers) == 3
			else (receiver.name, receiver.mobile, receiver.address)
		)
		owner = self.client.account.platform_shop_id
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
			"recipient": {"name": name, "mobile": mobile, "address": _write_address(receiver, address)},
			"template_url": contract.template_url or TEMPLATE,
			"user_id": int(owner) if owner.isascii() and owner.isdigit() else 0,
		}


def _write_address(party: Party, detail: str) -> dict[str, str]:
	return {
		"province": party.province,
		"city": party.city,
		"district": party.district,
		"town": party.town,
		"detail": detail,
	}
