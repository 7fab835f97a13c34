"""What a service of electronic waybills is asked and answers. Pure: knows no Frappe, no database.

A service is a module of this package with one class; `services` lists them. A request carries an id of ours by which
the service gives the same number again, however often it is asked.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from ...connectors.errors import ConnectorError, RefusedError, RetryableError

Item = TypeVar("Item")
# How the services say that a number is not there, or not any more.
ABSENT = re.compile(r"不存在|已取消|not[-_ ]?(?:exist|found)", re.IGNORECASE)


@dataclass(frozen=True, repr=False)
class Party:
	"""Sender or receiver as they go to the service. Its repr tells nothing.

	`ciphers` are the platform's ciphertexts of name, phone and address, where it hides them; `oaid` is Taobao's id of
	the receiver.
	"""

	name: str = ""
	mobile: str = ""
	province: str = ""
	city: str = ""
	district: str = ""
	town: str = ""
	address: str = ""
	oaid: str = ""
	ciphers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contract:
	"""What a courier has agreed with the shop; parts that it doesn't use are empty.

	`code` is the service's own name of the courier, `numeric_code` a second one where the service has two.
	"""

	code: str
	numeric_code: str = ""
	customer_code: str = ""
	customer_password: str = field(default="", repr=False)
	branch_code: str = ""
	template_url: str = ""


@dataclass(frozen=True)
class Request:
	"""One parcel. `order_nos` are the platform's numbers of its orders, the receiver's own first.

	`items` are (name, pieces).
	"""

	request_id: str
	platform: str
	order_nos: tuple[str, ...]
	receiver: Party
	items: tuple[tuple[str, int], ...]
	weight_g: int = 0

	@property
	def wire_id(self) -> str:
		return make_wire_id(self.request_id)


@dataclass(frozen=True)
class Routing:
	"""How the courier sorts the parcel, as it stands on the label; empty where the service doesn't say.

	`routing_code` is the three-part code, `big_pen` the large words above it, `centre` where parcels are put together.
	`payload` is the service's own print data for its print component, never with a receiver in clear.
	"""

	routing_code: str = ""
	big_pen: str = ""
	centre_code: str = ""
	centre_name: str = ""
	origin_code: str = ""
	origin_name: str = ""
	destination_code: str = ""
	destination_name: str = ""
	payload: str = ""


@dataclass(frozen=True)
class Issued:
	number: str
	routing: Routing = Routing()


@dataclass(frozen=True)
class Answer:
	"""What became of one request: `issued`, or `error`."""

	request: Request
	issued: Issued | None = None
	error: ConnectorError | None = None


class WaybillService(ABC):
	"""Calls of one account. Safe for several threads when its transport is. Raises the classes of `connectors.errors`."""

	provider: ClassVar[str]
	batch_size: ClassVar[int] = 1

	@abstractmethod
	def request(self, contract: Contract, sender: Party, requests: Sequence[Request]) -> list[Answer]:
		"""Numbers for at most `batch_size` parcels, in the order given.

		A refusal is in its request's answer; what is raised leaves open whether any number was given.
		"""

	@abstractmethod
	def cancel(self, contract: Contract, number: str, request_id: str) -> None:
		"""Give an unused number back. A number that the service doesn't know or has back already is not an error."""

	@abstractmethod
	def get_balance(self, contract: Contract) -> int | None:
		"""Numbers left with this courier; None where the service doesn't tell. A call that proves the access."""


def ask_each(
	ask: Callable[[Sequence[Request]], dict[str, Issued | ConnectorError]], requests: Sequence[Request]
) -> list[Answer]:
	"""Answers of one call, keyed by `wire_id`; a call that is refused as a whole is made again parcel by parcel.

	So one bad address fails only itself. Only for services that give the same number for the same id.
	"""
	try:
		found = ask(requests)
	except RefusedError as error:
		if len(requests) == 1:
			return [Answer(requests[0], error=error)]
		return [_ask_one(ask, request) for request in requests]
	return [make_answer(request, found.get(request.wire_id)) for request in requests]


def _ask_one(
	ask: Callable[[Sequence[Request]], dict[str, Issued | ConnectorError]], request: Request
) -> Answer:
	try:
		return ask_each(ask, [request])[0]
	except RetryableError as error:
		return Answer(request, error=error)


def make_answer(request: Request, found: Issued | ConnectorError | None) -> Answer:
	"""An answer that lacks the request, or its number, leaves open what became of it."""
	if isinstance(found, ConnectorError):
		return Answer(request, error=found)
	if found is None or not found.number:
		return Answer(
			request, error=RetryableError("no_number", "The answer holds no number for this parcel.")
		)
	return Answer(request, issued=found)


def make_wire_id(request_id: str) -> str:
	"""A request's id in the letters that every service takes: letters, digits and underscores."""
	return request_id.replace("-", "")


def cut(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
	return (items[start : start + size] for start in range(0, len(items), size))


def write_items(request: Request) -> list[dict[str, Any]]:
	"""Goods as Cainiao and Pinduoduo want them: at most 100, with a name."""
	return [{"name": name[:100], "count": count} for name, count in request.items[:100]] or [
		{"name": "商品", "count": 1}
	]


def read_print_data(text: str) -> Routing:
	"""The routing in a cloud print document of Cainiao or Pinduoduo, and the document where it is encrypted.

	A document in clear holds the receiver, so it isn't kept.
	"""
	try:
		document = json.loads(text) if text else {}
	except ValueError:
		return Routing()
	if not isinstance(document, dict):
		return Routing()
	data = document.get("data")
	route = get_object(data, "routingInfo")
	kept = {
		name: document[name]
		for name in ("encryptedData", "signature", "templateURL", "templateUrl", "ver")
		if isinstance(document.get(name), str)
	}
	return Routing(
		routing_code=get_text(route, "routeCode"),
		big_pen=get_text(get_object(route, "sortation"), "name"),
		centre_code=get_text(get_object(route, "consolidation"), "code"),
		centre_name=get_text(get_object(route, "consolidation"), "name"),
		origin_code=get_text(get_object(route, "origin"), "code"),
		origin_name=get_text(get_object(route, "origin"), "name"),
		destination_code=get_text(get_object(route, "terminals"), "code"),
		destination_name=get_text(get_object(route, "terminals"), "name"),
		payload=json.dumps(kept, ensure_ascii=False) if "encryptedData" in kept else "",
	)


def get_object(holder: Any, name: str) -> dict[str, Any]:
	value = holder.get(name) if isinstance(holder, dict) else None
	return value if isinstance(value, dict) else {}


def get_list(holder: Any, name: str) -> list[Any]:
	value = holder.get(name) if isinstance(holder, dict) else None
	return value if isinstance(value, list) else []


def get_text(holder: Any, name: str) -> str:
	value = holder.get(name) if isinstance(holder, dict) else None
	return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def get_number(holder: Any, name: str) -> int | None:
	text = get_text(holder, name)
	return int(text) if text.isascii() and text.isdigit() else None
