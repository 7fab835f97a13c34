"""Waybill numbers that the simulated services give out: one pool for all of them, each courier's own format.

A number is given once. The same account, courier and request id get the same number again; a cancelled one is never
given to anybody else.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from .model import Receiver, Refusal, Waybill

if TYPE_CHECKING:
	from .world import World

BALANCE = 10_000
SERVICES = ("Taobao", "JD", "Pinduoduo", "Douyin", "Kuaidi100", "KDNiao")
# What each of these calls a courier; Taobao stands for Cainiao, JD for its alpha labels. Source: platforms.md 7.
CODES = {
	"SF": ("SF", "SF", "SF", "shunfeng", "shunfeng", "SF"),
	"YTO": ("YTO", "YTO", "YTO", "yuantong", "yuantong", "YTO"),
	"ZTO": ("ZTO", "ZTO", "ZTO", "zhongtong", "zhongtong", "ZTO"),
	"STO": ("STO", "STO", "STO", "shentong", "shentong", "STO"),
	"YUNDA": ("YUNDA", "YUNDA", "YUNDA", "yunda", "yunda", "YD"),
	"JTSD": ("", "JTSD", "JTSD", "jtexpress", "jtexpress", "JTSD"),
	"EMS": ("EMS", "EMS", "EMS", "ems", "ems", "EMS"),
	"POSTB": ("POSTB", "POSTB", "YZXB", "youzhengguonei", "youzhengguonei", "YZPY"),
	"JD": ("LE04284890", "", "JD", "jd", "jd", "JD"),
	"DBKD": ("DBKD", "DBKD", "DB", "debangwuliu", "debangkuaidi", "DBL"),
}
# Prefix, and how many digits follow.
FORMATS = {
	"SF": ("SF", 13),
	"YTO": ("YT", 13),
	"ZTO": ("75", 12),
	"STO": ("77", 13),
	"YUNDA": ("43", 13),
	"JTSD": ("JT", 13),
	"EMS": ("1", 12),
	"POSTB": ("9", 12),
	"JD": ("JD", 13),
	"DBKD": ("DPK", 12),
}
FIRST_NUMBER = 2_100_000_000
AREAS = {"浙江": "571", "江苏": "025", "上海": "021", "北京": "010", "广东": "020", "四川": "028"}
Key = tuple[str, str, str]


class Waybills:
	"""Every number, and what is left of each account's with each courier."""

	def __init__(self, world: World) -> None:
		self.world = world
		self.rows: list[Waybill] = []
		self.by_key: dict[tuple[str, str, str, str], Waybill] = {}
		self.by_number: dict[tuple[str, str], Waybill] = {}
		self.balances: dict[Key, int] = {}

	def clear(self) -> None:
		for held in (self.rows, self.by_key, self.by_number, self.balances):
			held.clear()

	def add(self, row: Waybill) -> None:
		self.rows.append(row)
		self.by_key[row.key] = self.by_number[row.courier, row.number] = row
		if not row.cancelled_at:
			self._spend((row.service, row.account, row.courier), 1)

	def _spend(self, key: Key, count: int) -> None:
		self.balances[key] = self.get_balance(*key) - count

	def get_balance(self, service: str, account: str, courier: str) -> int:
		return self.balances.get((service, account, courier), BALANCE)

	def set_balance(self, service: str, account: str, courier: str, balance: int) -> None:
		self.balances[service, account, courier] = int(balance)

	def issue(
		self, service: str, account: str, code: str, request_id: str, order_nos: list[str], receiver: Receiver
	) -> Waybill:
		"""The number of a request. Raises Refusal for a courier, a receiver or an account that isn't right."""
		courier = find_courier(service, code)
		if not request_id:
			raise Refusal("no_request_id", "包裹id不能为空")
		check_receiver(receiver)
		row = self.by_key.get((service, account, courier, request_id))
		if row is None:
			if self.get_balance(service, account, courier) < 1:
				raise Refusal("no_balance", "电子面单余额不足")
			number = make_number(courier, FIRST_NUMBER + len(self.rows) * 7)
			place = receiver.province + receiver.city + receiver.district
			now = self.world.clock.now()
			row = Waybill(service, account, courier, number, request_id, order_nos, place, now)
			self.add(row)
		elif row.cancelled_at:
			raise Refusal("cancelled", f"电子面单 {row.number} 已取消")
		else:
			row.asked += 1
		self._mark(row)
		return row

	def cancel(self, service: str, account: str, code: str, number: str) -> None:
		"""Take a number back; a second time changes nothing. Raises Refusal for a number that the account hasn't."""
		row = self.by_number.get((find_courier(service, code), number))
		if row is None or (row.service, row.account) != (service, account):
			raise Refusal("unknown_waybill", f"电子面单 {number} 不存在")
		if not row.cancelled_at:
			row.cancelled_at = self.world.clock.now()
			self._spend((service, account, row.courier), -1)
			self._mark(row)

	def _mark(self, row: Waybill) -> None:
		self.world.mark("waybill", "/".join(row.key), row)


def find_courier(service: str, code: str) -> str:
	"""The common word for what a service calls a courier. Raises Refusal."""
	place = SERVICES.index(service)
	for courier, codes in CODES.items():
		if code and codes[place] == code:
			return courier
	raise Refusal("unknown_courier", f"快递公司编码 {code} 不存在")


def check_receiver(receiver: Receiver) -> None:
	"""What a courier's system refuses; name, number and street may be masks or ciphertexts."""
	if not receiver.name:
		raise Refusal("no_name", "收件人姓名不能为空")
	if not receiver.province or not receiver.city:
		raise Refusal("no_city", "收件人省市不能为空")
	if not receiver.address:
		raise Refusal("no_address", "收件人详细地址不能为空")
	if not receiver.mobile or (receiver.mobile.isdigit() and len(receiver.mobile) != 11):
		raise Refusal("bad_mobile", "收件人电话格式错误")


def make_number(courier: str, number: int) -> str:
	prefix, digits = FORMATS[courier]
	return f"{prefix}{number:0{digits}d}"


def make_route(row: Waybill) -> dict[str, str]:
	"""What stands on the label; follows from the place alone. Invented, not the couriers' own."""
	digest = hashlib.sha256(row.place.encode()).digest()
	area = next((code for name, code in AREAS.items() if row.place.startswith(name)), str(100 + digest[0]))
	site, route = f"{chr(65 + digest[1] % 26)}{digest[2] % 90 + 10}", f"{digest[3] % 99 + 1:03d}"
	city = row.place[:6]
	return {
		"code": f"{area}-{site}-{route}",
		"area": area,
		"site": site,
		"route": route,
		"pen": f"{city} {site}",
		"centre": f"{city}转运中心",
		"centre_code": f"{area}{digest[4] % 90 + 10}",
		"origin": "发件网点",
		"origin_code": "571001",
	}


def make_print_data(row: Waybill, code: str, template_url: str) -> dict:
	"""The cloud print document of Cainiao and Pinduoduo, in clear but for the receiver."""
	route = make_route(row)
	return {
		"data": {
			"cpCode": code,
			"waybillCode": row.number,
			"routingInfo": {
				"consolidation": {"code": route["centre_code"], "name": route["centre"]},
				"origin": {"code": route["origin_code"], "name": route["origin"]},
				"routeCode": route["code"],
				"sortation": {"name": route["pen"]},
			},
		},
		"signature": f"MD:{hashlib.md5(row.number.encode()).hexdigest()}",
		"templateURL": template_url,
	}
