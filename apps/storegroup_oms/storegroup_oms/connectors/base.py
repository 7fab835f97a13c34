"""What every platform connector is made of: values that pass, and the calls that the rest of the app makes.

A platform is a folder: `client` speaks HTTP, `mapper` turns payloads into canonical records, `messages` (socket)
or `webhook` (signed POST) read its push. `registry` lists them. Pure: knows no Frappe, no database, no clock but
the one it is given; transactions, logs and tokens belong to the callers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from .http import Transport

CHINA_TIME = ZoneInfo("Asia/Shanghai")
Payload = dict[str, Any]
PushKind = Literal["order", "refund", "other"]


@dataclass(frozen=True)
class Account:
	"""One shop's access in clear; made for one job and never stored. Its repr tells no secret.

	`gateway_url` is a base address that serves all of the platform's hosts, empty for the platform's own.
	"""

	shop: str
	platform_shop_id: str
	app_key: str
	app_secret: str = field(repr=False)
	session_token: str = field(default="", repr=False)
	refresh_token: str = field(default="", repr=False)
	gateway_url: str = ""

	@property
	def secrets(self) -> tuple[str, ...]:
		"""What must never appear in a log, error or answer."""
		return tuple(text for text in (self.app_secret, self.session_token, self.refresh_token) if text)


@dataclass(frozen=True)
class Limits:
	"""What a platform allows; the planner of pull windows and the rate limiter obey.

	`max_window` is the longest span of modified time of one query, `end_lag` how far its end must stay behind
	now, `lookback` how far back it reaches. `calls_per_s` counts per app key. `poll_s` is how often a shop is
	asked when pushes are relied on less or not at all. `stock_levels_per_call` counts variants of one item that one
	call can set, `stock_keys_per_read` listings whose stock one call tells.
	"""

	max_window: timedelta
	lookback: timedelta
	page_size: int
	end_lag: timedelta = timedelta(0)
	calls_per_s: float = 20
	burst: int = 40
	poll_s: int = 60
	push: Literal["socket", "webhook", ""] = ""
	shows_unpaid: bool = True
	stock_levels_per_call: int = 1
	stock_keys_per_read: int = 1


@dataclass(frozen=True)
class TimeWindow:
	"""A span of the platform's modified time, aware, to the second; both ends belong to it."""

	start: datetime
	end: datetime


@dataclass(frozen=True)
class OrderRow:
	"""One order of a list page. `payload` is None where the platform's list names orders only.

	`untold` are fields of the canonical order that the platform's list leaves out.
	"""

	order_no: str
	payload: Payload | None = None
	untold: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
	"""One page of a list. `total` counts the whole query as the platform said with this page.

	`rows` are OrderRow for orders, plain payloads for refunds and listings. `has_more` says whether a higher
	page number holds more.
	"""

	total: int
	rows: Sequence[Any]
	has_more: bool


@dataclass(frozen=True)
class TokenSet:
	"""Fresh tokens; times are aware. An empty refresh token means that the old one stays."""

	session_token: str = field(repr=False)
	refresh_token: str = field(default="", repr=False)
	expires_at: datetime | None = None


@dataclass(frozen=True)
class ShopFacts:
	"""What a platform says about the shop that a token belongs to; empty where it doesn't say."""

	platform_shop_id: str = ""
	shop_name: str = ""


@dataclass(frozen=True)
class ShipmentNotice:
	"""One parcel of one platform order to be confirmed as sent.

	`courier_code` is the platform's own code or id of the courier. `line_nos` names the platform's lines when
	only a part of the order is in the parcel; empty for all. `is_first` is False for further parcels.
	"""

	order_no: str
	courier_code: str
	waybill_no: str
	line_nos: tuple[str, ...] = ()
	is_first: bool = True


@dataclass(frozen=True)
class RefundAgreement:
	"""The seller agrees that a buyer gets money back for what has not been sent. `amount` in yuan as the case says."""

	case_no: str
	order_no: str
	amount: Decimal
	agreed_by: str = ""


@dataclass(frozen=True)
class StockLevel:
	"""The stock that a listing shall show, in whole pieces."""

	platform_item_id: str
	platform_sku_id: str
	qty: int


@dataclass(frozen=True)
class StockResult:
	"""What became of one StockLevel; `error_code` is empty when the platform took it."""

	level: StockLevel
	error_code: str = ""
	error_message: str = ""


@dataclass(frozen=True)
class ListingFacts:
	"""One sellable variant of one platform item. `qty` is the stock that the platform shows."""

	platform_item_id: str
	platform_sku_id: str = ""
	outer_id: str = ""
	title: str = ""
	spec: str = ""
	price: Decimal = Decimal("0.00")
	qty: int = 0
	status: Literal["On Sale", "Off Sale", "Deleted"] = "On Sale"
	image_url: str = ""


@dataclass(frozen=True)
class PushMessage:
	"""One pushed hint that something changed; the record itself is fetched again.

	`shop_keys` are the ids or nicks under which the platform names the shop; one of them is a Shop's
	platform_shop_id. `payload` is kept for people to read and holds no personal data.
	"""

	message_id: str
	topic: str
	kind: PushKind
	shop_keys: tuple[str, ...]
	order_no: str = ""
	refund_no: str = ""
	sent_at: datetime | None = None
	payload: Mapping[str, Any] = field(default_factory=dict)


class PlatformClient(ABC):
	"""Calls of one shop at one platform. Not safe for two threads unless the Transport is.

	Every method may raise the classes of `connectors.errors`. Payloads are returned as the platform sends them,
	with numbers that have a fraction as Decimal. Money arguments are Decimal yuan.
	"""

	platform: ClassVar[str]
	limits: ClassVar[Limits]

	def __init__(self, account: Account, transport: Transport, now: Callable[[], datetime]) -> None:
		self.account = account
		self.transport = transport
		self.now = now  # aware; the platforms refuse a wrong clock, so tests and the sandbox set it

	@abstractmethod
	def list_orders(self, window: TimeWindow, page: int) -> Page:
		"""One page (from 1) of the orders modified in the window; rows are OrderRow."""

	@abstractmethod
	def count_orders(self, window: TimeWindow) -> int:
		"""How many orders the platform has in the window."""

	@abstractmethod
	def get_order(self, order_no: str) -> Payload:
		"""One whole order, in the shape that the platform's `map_order` reads. Raises RemoteNotFoundError."""

	@abstractmethod
	def list_refunds(self, window: TimeWindow, page: int) -> Page:
		"""One page (from 1) of the refunds modified in the window; rows are what `map_refund` reads."""

	@abstractmethod
	def list_listings(self, page: int) -> Page:
		"""One page (from 1) of the shop's items; rows are what `map_listing` reads."""

	@abstractmethod
	def confirm_shipment(self, notice: ShipmentNotice) -> None:
		"""Tell the platform that a parcel has left. Confirming the same parcel again is not an error."""

	@abstractmethod
	def agree_refund(self, agreement: RefundAgreement) -> None:
		"""Agree to a case that waits for the seller. Raises RefusedError for one that doesn't, or of another amount.

		A case that the platform shows as agreed already is not an error.
		"""

	@abstractmethod
	def update_stock(self, levels: Sequence[StockLevel]) -> list[StockResult]:
		"""Set stock figures, as many as the platform takes per call; one bad level doesn't stop the others."""

	@abstractmethod
	def get_stock(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
		"""Stock that the platform shows now, by (item id, sku id); unknown ones are left out."""

	@abstractmethod
	def refresh_token(self) -> TokenSet:
		"""New tokens for the refresh token of the account. Raises CredentialError when it is no longer taken."""

	@abstractmethod
	def get_shop(self) -> ShopFacts:
		"""A cheap call that needs a valid token: the test of a connection."""


class MessageProtocol(ABC):
	"""The talk on a platform's message socket for one app key; does no I/O itself.

	The consumer connects to `get_url`, sends `open()`, then gives each frame to `receive`, stores the messages,
	and only then sends `confirm` for each. Frames are bytes or str as the platform wants them.
	"""

	heartbeat_s: ClassVar[float] = 30

	def __init__(self, app_key: str, app_secret: str, gateway_url: str, now: Callable[[], datetime]) -> None:
		self.app_key = app_key
		self.app_secret = app_secret
		self.gateway_url = gateway_url
		self.now = now

	@abstractmethod
	def get_url(self) -> str:
		"""The ws:// or wss:// address for a connection that is opened now."""

	@abstractmethod
	def open(self) -> list[bytes | str]:
		"""Frames to send right after connecting."""

	@abstractmethod
	def receive(self, frame: bytes | str) -> tuple[list[PushMessage], list[bytes | str]]:
		"""The messages in a frame, and frames to answer at once. Raises SignatureError, CredentialError, RetryableError."""

	@abstractmethod
	def confirm(self, message: PushMessage) -> bytes | str:
		"""The frame that tells the platform not to send this message again."""

	@abstractmethod
	def beat(self) -> list[bytes | str]:
		"""Frames to send every `heartbeat_s`: a sign of life, a request for backlog."""


def get_base_url(gateway_url: str, own: str, path: str) -> str:
	"""The address of `path`: at the shop's gateway where one is set, else at the platform's `own` host.

	A gateway that already ends with the path is taken as it is.
	"""
	base = (gateway_url or own).rstrip("/")
	return base if path and base.endswith(path) else base + path
