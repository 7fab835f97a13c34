"""Pinduoduo's numbers of couriers. Source: platforms.md 7; JD's own courier is UNCONFIRMED, so it is left out."""

from __future__ import annotations

COURIERS = {
	"SF": (44, "顺丰快递"),
	"YTO": (85, "圆通快递"),
	"ZTO": (115, "中通快递"),
	"STO": (1, "申通快递"),
	"YUNDA": (121, "韵达快递"),
	"JTSD": (384, "极兔速递"),
	"EMS": (118, "邮政EMS"),
	"YZXB": (132, "邮政快递包裹"),
	"DB": (131, "德邦快递"),
	"HT": (3, "百世快递"),
}
KNOWN = frozenset(str(number) for number, _ in COURIERS.values())


def get_courier_id(courier: str) -> int:
	"""The number of a courier, be it named by number or by code; 0 for an unknown one."""
	if courier.isdecimal():
		return int(courier)
	return COURIERS.get(courier, (0, ""))[0]


def list_companies() -> list[dict]:
	"""Rows of `logistics_companies`."""
	return [
		{"id": number, "logistics_company": name, "code": code, "available": 1}
		for code, (number, name) in COURIERS.items()
	]
