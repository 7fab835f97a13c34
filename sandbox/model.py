"""What the simulated platforms hold, in the platforms' common terms. Data only; the rules stand in world.py.

Money is int fen, times are float unix seconds, ids are text. A time of 0 means "not yet".
"""

from __future__ import annotations

from dataclasses import dataclass, field

TAOBAO, JD, PINDUODUO, DOUYIN = "Taobao", "JD", "Pinduoduo", "Douyin"
PLATFORMS = (TAOBAO, JD, PINDUODUO, DOUYIN)
KUAIDI100, KDNIAO = "Kuaidi100", "KDNiao"
SERVICES = (KUAIDI100, KDNIAO)

UNPAID, PAID, PART_SHIPPED, SHIPPED, COMPLETED, CLOSED = (
	"unpaid",
	"paid",
	"part_shipped",
	"shipped",
	"completed",
	"closed",
)
STATES = (UNPAID, PAID, PART_SHIPPED, SHIPPED, COMPLETED, CLOSED)

BEFORE_SHIP, REFUND_ONLY, RETURN, EXCHANGE = "before_ship", "refund_only", "return", "exchange"
REFUND_KINDS = (BEFORE_SHIP, REFUND_ONLY, RETURN, EXCHANGE)
REQUESTED, WAIT_RETURN, RETURNED, REFUNDING, REFUNDED, REFUSED, WITHDRAWN = (
	"requested",  # the seller has to decide
	"wait_return",  # agreed; the buyer has to send the goods back
	"returned",  # the seller has to confirm what came back
	"refunding",  # agreed; the platform moves the money
	"refunded",  # done; for an exchange: done without money
	"refused",  # the buyer may ask again or withdraw
	"withdrawn",
)
REFUND_STATES = (REQUESTED, WAIT_RETURN, RETURNED, REFUNDING, REFUNDED, REFUSED, WITHDRAWN)

POISONS = ("missing_lines", "negative_quantity", "unreadable_amount", "unknown_status", "absent_created")


class Refusal(Exception):
	"""The world's rules forbid it. `code` is a short word that a platform turns into its own error."""

	def __init__(self, code: str, message: str) -> None:
		super().__init__(f"{code}: {message}")
		self.code = code
		self.message = message


@dataclass(slots=True)
class App:
	"""A registered application; several shops of one platform may share it."""

	platform: str
	app_key: str
	app_secret: str


@dataclass(slots=True)
class Shop:
	"""A shop and its one authorisation. `old_tokens`: earlier access and refresh tokens, valid until then."""

	shop_id: str
	platform: str
	name: str
	number: int
	app_key: str
	app_secret: str
	access_token: str
	refresh_token: str
	token_expires_at: float
	refresh_expires_at: float
	token_life_s: float
	refresh_life_s: float
	webhook_url: str = ""
	is_closed: bool = False
	is_revoked: bool = False
	old_tokens: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Listing:
	"""One variant on sale. `outer_id` is the seller's own code, as the seller typed it (or didn't)."""

	shop_id: str
	item_id: str
	sku_id: str
	outer_id: str
	title: str
	spec: str
	price: int
	stock: int
	is_on_sale: bool = True
	modified: float = 0.0
	barcode: str = ""

	@property
	def key(self) -> str:
		return f"{self.item_id}/{self.sku_id}"


@dataclass(slots=True)
class Receiver:
	name: str
	mobile: str
	province: str
	city: str
	district: str
	address: str
	town: str = ""


@dataclass(slots=True)
class Line:
	"""One line as it was bought.

	`discount` is the line's own, `share` its part of the order's discounts (seller's and platform's together),
	`adjust` its part of the order's `adjust`. `refund` is the state of its latest case, or "".
	"""

	line_no: str
	item_id: str
	sku_id: str
	outer_id: str
	title: str
	spec: str
	qty: int
	price: int
	discount: int = 0
	share: int = 0
	adjust: int = 0
	refund: str = ""
	refund_no: str = ""
	refunded: int = 0
	is_shipped: bool = False

	@property
	def goods(self) -> int:
		return self.qty * self.price

	@property
	def amount(self) -> int:
		"""What the buyer owes for this line, without freight."""
		return self.goods - self.discount - self.share + self.adjust


@dataclass(slots=True)
class Parcel:
	"""A parcel that the seller confirmed. `confirmations` counts how often, 1 being right."""

	courier: str
	waybill_no: str
	line_nos: list[str]
	shipped_at: float
	confirmations: int = 1
	signed_at: float = 0.0


@dataclass(slots=True)
class Order:
	"""An order. `seller_discount` and `platform_discount` are of the whole order; `adjust` is the seller's change
	of price, below or above 0. goods - line discounts - both discounts + adjust + freight = total.
	"""

	order_no: str
	number: int
	shop_id: str
	platform: str
	state: str
	buyer_id: str
	buyer_nick: str
	receiver: Receiver
	lines: list[Line]
	created: float
	modified: float
	freight: int = 0
	seller_discount: int = 0
	platform_discount: int = 0
	adjust: int = 0
	paid_at: float = 0.0
	shipped_at: float = 0.0
	signed_at: float = 0.0
	finished_at: float = 0.0
	refunded: int = 0
	buyer_message: str = ""
	seller_memo: str = ""
	flag: int = 0
	parcels: list[Parcel] = field(default_factory=list)
	is_locked: bool = False
	is_hidden: bool = False
	is_under_review: bool = False
	poison: str = ""
	extras: dict = field(default_factory=dict)

	@property
	def goods(self) -> int:
		return sum(line.goods for line in self.lines)

	@property
	def line_discount(self) -> int:
		return sum(line.discount for line in self.lines)

	@property
	def discount(self) -> int:
		"""Every discount together: of the lines, of the seller and of the platform; `adjust` is not in it."""
		return self.line_discount + self.seller_discount + self.platform_discount

	@property
	def total(self) -> int:
		"""What the buyer owes or paid, with freight."""
		return self.goods - self.discount + self.adjust + self.freight

	@property
	def paid(self) -> int:
		return self.total if self.paid_at else 0

	def get_line(self, line_no: str) -> Line:
		for line in self.lines:
			if line.line_no == line_no:
				return line
		raise Refusal("unknown_line", line_no)


@dataclass(slots=True)
class Refund:
	"""A case. `line_nos` all belong to one order; `amount` is what the buyer asks for in all."""

	case_no: str
	number: int
	order_no: str
	shop_id: str
	platform: str
	line_nos: list[str]
	kind: str
	state: str
	amount: int
	reason: str
	created: float
	modified: float
	finished_at: float = 0.0
	return_courier: str = ""
	return_waybill_no: str = ""
	was_shipped: bool = False


@dataclass(slots=True)
class ServiceAccount:
	"""An account at a service that is no platform's. Kuaidi100: key, secret and customer; KDNiao: business id and key."""

	service: str
	key: str
	secret: str
	customer: str = ""


@dataclass(slots=True)
class Waybill:
	"""A number that a service gave out. `account` is the shop's id, or the key at Kuaidi100 or KDNiao; `place` is
	where the parcel goes, `asked` how often the number was asked for.
	"""

	service: str
	account: str
	courier: str
	number: str
	request_id: str
	order_nos: list[str]
	place: str
	issued_at: float
	asked: int = 1
	cancelled_at: float = 0.0

	@property
	def key(self) -> tuple[str, str, str, str]:
		return self.service, self.account, self.courier, self.request_id


@dataclass(slots=True)
class Event:
	"""Something that a platform would tell about. Topics:

	order_created, order_paid, order_part_shipped, order_shipped, order_signed, order_completed, order_closed,
	order_address, order_memo, order_amount, order_lock, order_review, order_touched, parcel_changed,
	refund_created, refund_agreed, refund_returned, refund_refused, refund_done, refund_closed.
	"""

	number: int
	topic: str
	shop: Shop
	order: Order
	refund: Refund | None
	at: float
