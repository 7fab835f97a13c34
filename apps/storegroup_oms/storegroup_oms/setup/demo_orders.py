"""Orders of the demo company as plain values: what the story and the measured figures make of the seed.

Writes nothing. Amounts are Decimal; the lines of an order sum to it to the cent.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from storegroup_oms.orders.money import CENT, ZERO, allocate, round_money
from storegroup_oms.setup.demo_buyers import REMOTE, Buyer, Buyers
from storegroup_oms.setup.demo_company import Company
from storegroup_oms.setup.demo_masters import get_goods_of_shop

# Steps after payment, each with the status that it leads to.
STEPS = {
	"To Print": ("reviewed",),
	"To Pick": ("reviewed", "printed"),
	"To Ship": ("reviewed", "printed", "picked"),
	"Partly Shipped": ("reviewed", "printed", "picked", "shipped"),
	"Shipped": ("reviewed", "printed", "picked", "shipped"),
	"Completed": ("reviewed", "printed", "picked", "shipped", "delivered", "completed"),
}
STEP_HOURS = {
	"reviewed": (0.1, 2.5),
	"printed": (0.2, 2),
	"picked": (0.2, 3),
	"shipped": (0.5, 6),
	"delivered": (30, 80),
	"completed": (1, 40),
}
NOT_SHIPPED = ("To Review", "On Hold", "Backorder", "To Print", "To Pick", "To Ship")


@dataclass
class Line:
	sku: str | None
	title: str
	specification: str
	qty: int
	unit_price: Decimal
	discount: Decimal = ZERO
	is_gift: bool = False

	@property
	def amount(self) -> Decimal:
		return self.unit_price * self.qty - self.discount


@dataclass
class Order:
	"""One order of the story. `moments` holds when it was ordered, paid, reviewed, printed and so on."""

	number: int
	status: str
	shop: dict
	buyer: Buyer
	closed_reason: str = ""
	lines: list[Line] = field(default_factory=list)
	moments: dict[str, datetime] = field(default_factory=dict)
	hold_reasons: str = ""
	stop_reasons: str = ""
	tags: list[str] = field(default_factory=list)
	buyer_message: str = ""
	seller_memo: str = ""
	memo_flag: str = ""
	discount: Decimal = ZERO
	freight: Decimal = ZERO
	refund: Decimal = ZERO
	warehouse: str = ""
	courier: str = ""
	platform_order_no: str = ""
	name: str = ""

	@property
	def goods(self) -> Decimal:
		return sum((line.amount + line.discount for line in self.lines), ZERO)

	@property
	def total(self) -> Decimal:
		return self.goods - self.discount + self.freight

	@property
	def is_paid(self) -> bool:
		return "paid" in self.moments

	@property
	def ship_by(self) -> datetime | None:
		return (
			self.moments["paid"] + timedelta(hours=self.shop["ship_within_hours"]) if self.is_paid else None
		)


def make_orders(company: Company, buyers: Buyers) -> list[Order]:
	"""Every order of the story, oldest first."""
	orders: list[Order] = []
	for row in company.story["statuses"]:
		for _number in range(row["count"]):
			orders.append(_make_order(company, buyers, len(orders) + 1, row))
	_give_late(company, orders)
	_give_holds(company, buyers, orders)
	_give_stops(company, orders)
	for order in orders:
		_finish(company, order)
	_give_partial_refunds(company, orders)
	return sorted(orders, key=lambda order: order.moments["ordered"])


def _make_order(company: Company, buyers: Buyers, number: int, row: dict) -> Order:
	shop = company.shop_by_name[
		company.pick_weighted({shop["shop_name"]: shop["weight"] for shop in company.shops})
	]
	order = Order(number, row["status"], shop, buyers.pick(shop["platform"]), row.get("closed_reason", ""))
	digits = {"Taobao": 19, "JD": 12, "Pinduoduo": 15, "Douyin": 19}[shop["platform"]]
	order.platform_order_no = str(company.dice.randrange(10 ** (digits - 1), 10**digits))
	ordered = company.draw_moment(*row["hours"])
	order.moments["ordered"] = ordered
	if order.status != "Unpaid" and order.closed_reason != "Never Paid":
		delay = timedelta(seconds=int(company.draw(company.figures["payment_delay_s_quantiles"])))
		order.moments["paid"] = min(ordered + delay, company.now)
	order.lines = _make_lines(company, order)
	return order


def _make_lines(company: Company, order: Order) -> list[Line]:
	"""Goods of the shop worth about a measured amount; a waiting order holds something that is out of stock."""
	dice = company.dice
	goods = get_goods_of_shop(company, order.shop)
	target = company.draw(company.figures["amount_quantiles"])
	lines: dict[str, Line] = {}
	if order.status == "Backorder":
		out = next((row for row in goods if row.get("stock") == "out"), company.sku_by_code["YS-EYE-20"])
		lines[out["sku_code"]] = _make_line(out, 1)
	while len(lines) < 4:
		room = target - sum(float(line.unit_price) * line.qty for line in lines.values())
		fitting = [
			row for row in goods if row["list_price"] <= max(room * 1.1, 0) and row.get("stock") != "out"
		]
		if not fitting and lines:
			break
		close = sorted(fitting or goods, key=lambda row: abs(row["list_price"] - room))[:6]
		sku = dice.choice([row for row in close if row.get("stock") != "out"] or [goods[0]])
		line = lines.setdefault(sku["sku_code"], _make_line(sku, 0))
		line.qty += 1
		if line.qty > 5:
			break
	result = list(lines.values())
	if order.is_paid and dice.random() < 0.18:
		gift = company.sku_by_code[dice.choice(["GIFT-SAMPLE-3", "GIFT-CARD", "GIFT-BAG"])]
		result.append(_make_line(gift, 1, is_gift=True))
	return result


def _make_line(sku: dict, qty: int, is_gift: bool = False) -> Line:
	title = f"{sku['brand']} {sku['sku_name']}"
	price = ZERO if is_gift else Decimal(str(sku["list_price"])).quantize(CENT)
	return Line(sku["sku_code"], title, sku["specification"], qty, price, is_gift=is_gift)


def _give_late(company: Company, orders: list[Order]) -> None:
	"""Some waiting orders are near their deadline, some past it."""
	waiting = [order for order in orders if order.status in NOT_SHIPPED]
	for index, order in enumerate(company.dice.sample(waiting, company.story["late_orders"] + 14)):
		past = index < company.story["late_orders"]
		left = -company.dice.uniform(0.5, 9) if past else company.dice.uniform(0.4, 5.8)
		ordered = company.now + timedelta(seconds=int(3_600 * (left - order.shop["ship_within_hours"])))
		order.moments = {"ordered": ordered, "paid": ordered + timedelta(seconds=9)}


def _give_holds(company: Company, buyers: Buyers, orders: list[Order]) -> None:
	held = [order for order in orders if order.status == "On Hold"]
	codes = [row["codes"] for row in company.story["hold_cases"] for _number in range(row["count"])]
	twins = [order for order in orders if order.status == "To Review"]
	for order, code in zip(held, codes, strict=True):
		order.hold_reasons = code
		if "region_remote" in code:
			order.buyer = buyers.make(order.shop["platform"], company.dice.choice(REMOTE))
		elif "buyer_blocked" in code:
			order.buyer = buyers.make(order.shop["platform"], "广东省", is_blocked=True)
		elif "duplicate_suspected" in code:
			twin = twins.pop()
			twin.shop, twin.buyer = order.shop, order.buyer
			twin.lines = [
				Line(row.sku, row.title, row.specification, row.qty, row.unit_price) for row in order.lines
			]
			twin.moments = {key: moment - timedelta(minutes=11) for key, moment in order.moments.items()}
		elif "listing_unmatched" in code:
			order.lines[0].sku = None
		elif "price_mismatch" in code:
			order.lines[0].unit_price = round_money(order.lines[0].unit_price / 10)
	for order in orders:
		if order.status == "Backorder":
			order.hold_reasons = "stock_short"


def _give_stops(company: Company, orders: list[Order]) -> None:
	for row in company.story["stop_cases"]:
		free = [order for order in orders if order.status == row["status"] and not order.stop_reasons]
		free[0].stop_reasons = row["codes"]


def _finish(company: Company, order: Order) -> None:
	"""Words, discounts, warehouse, courier and the moments of every step that the status implies."""
	dice, texts = company.dice, company.texts
	if "memo_present" in order.hold_reasons or dice.random() < 0.06:
		order.buyer_message = dice.choice(texts["buyer_messages"])
	if "memo" in order.hold_reasons + order.stop_reasons or dice.random() < 0.05:
		order.seller_memo = dice.choice(texts["seller_memos"])
		order.memo_flag = dice.choice(["Red", "Yellow", "Green", "Blue"])
	if dice.random() < 0.16:
		order.tags = sorted(set(dice.choices(texts["tags"], k=dice.choice([1, 1, 2]))))
	_give_discount(company, order)
	order.warehouse = _choose_warehouse(company, order) if order.is_paid else ""
	if order.status in STEPS:
		order.courier = _choose_courier(company, order)
	_give_moments(company, order)
	if order.status == "Closed" and order.is_paid:
		order.refund = order.total


def _give_discount(company: Company, order: Order) -> None:
	dice = company.dice
	if order.goods >= 60 and dice.random() < 0.45 and "price_mismatch" not in order.hold_reasons:
		order.discount = Decimal(dice.choice(["3.00", "5.00", "5.00", "10.00", "8.88"]))
		weights = [line.unit_price * line.qty for line in order.lines]
		for line, share in zip(order.lines, allocate(order.discount, weights), strict=True):
			line.discount = share
	if order.goods < 39 and dice.random() < 0.4:
		order.freight = Decimal("6.00")


def _choose_warehouse(company: Company, order: Order) -> str:
	"""The warehouse that serves the buyer's province first; the shop's own where none does."""
	serving = [
		(priority, row["priority"], row["warehouse_name"])
		for row in company.warehouses
		for province, _city, priority in row["serves"]
		if province == order.buyer.province
	]
	return min(serving)[2] if serving else order.shop["default_warehouse"]


def _choose_courier(company: Company, order: Order) -> str:
	if order.shop["platform"] == "JD" and company.dice.random() < 0.7:
		return "京东快递"
	return company.pick_weighted(company.story["courier_shares"])


def _give_moments(company: Company, order: Order) -> None:
	"""Each step some hours after the one before; squeezed evenly where the order is too young for that."""
	if order.status == "Closed":
		start = order.moments.get("paid") or order.moments["ordered"]
		hours = 72 if order.closed_reason == "Never Paid" else company.dice.uniform(1, 60)
		order.moments["closed"] = min(start + timedelta(hours=hours), company.now - timedelta(minutes=9))
		return
	steps = STEPS.get(order.status, ())
	moment = order.moments.get("paid")
	for index, step in enumerate(steps):
		wanted = moment + timedelta(hours=company.dice.uniform(*STEP_HOURS[step]))
		latest = moment + (company.now - moment) / (len(steps) - index + 1)
		moment = (wanted if wanted < company.now else min(wanted, latest)).replace(microsecond=0)
		order.moments[step] = moment


def _give_partial_refunds(company: Company, orders: list[Order]) -> None:
	done = [order for order in orders if order.status in ("Completed", "Shipped") and len(order.lines) > 1]
	for order in company.dice.sample(done, min(len(done), company.story["partial_refunds"])):
		order.refund = min(line.amount for line in order.lines if line.amount > 0)
