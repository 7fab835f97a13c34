"""Douyin's codes of couriers. Source: platforms.md 7."""

from __future__ import annotations

COURIERS = {
	"SF": ("shunfeng", "顺丰速运"),
	"YTO": ("yuantong", "圆通快递"),
	"ZTO": ("zhongtong", "中通快递"),
	"STO": ("shentong", "申通快递"),
	"YUNDA": ("yunda", "韵达快递"),
	"JTSD": ("jtexpress", "极兔速递"),
	"EMS": ("ems", "EMS"),
	"POSTB": ("youzhengguonei", "邮政快递包裹"),
	"JD": ("jd", "京东物流"),
	"DBKD": ("debangwuliu", "德邦快递"),
	"HTKY": ("huitongkuaidi", "百世快递"),
}
NAMES = dict(COURIERS.values())


def get_courier_code(courier: str) -> str:
	"""Douyin's code for a courier that the world names by a common code; any other text stays as it is."""
	return COURIERS[courier][0] if courier in COURIERS else courier


def get_courier_name(courier: str) -> str:
	"""Chinese name; "" for an unknown courier."""
	return NAMES.get(get_courier_code(courier), "")


def list_companies() -> list[dict]:
	"""Rows of /order/logisticsCompanyList."""
	return [{"id": place, "name": name, "code": code} for place, (code, name) in enumerate(NAMES.items(), 1)]
