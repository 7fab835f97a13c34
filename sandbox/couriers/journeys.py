"""The way of one parcel: when each scan occurs, and when the courier tells it. Pure; follows from its dice alone."""

from __future__ import annotations

import random
from dataclasses import dataclass

HOUR = 3600.0
# What may happen to a parcel, and how often in a hundred where nobody says otherwise.
FAULTS = {
	"no_pickup": 1.0,
	"stall": 1.5,
	"loss": 0.5,
	"refused": 0.8,
	"returned": 0.4,
	"wrong_address": 0.7,
	"damaged": 0.4,
	"silent_delivery": 0.5,
	"late_scans": 2.0,
}
STATES = {
	"accepted": "10",
	"picked_up": "1",
	"departed": "0",
	"arrived": "0",
	"out": "5",
	"signed": "3",
	"refused": "14",
	"returning": "6",
	"returned": "4",
	"wrong_address": "2",
	"damaged": "2",
}
WORDS = {
	"accepted": ("商家已下单,等待{courier}揽收", "包裹信息已收到,待揽收"),
	"picked_up": ("【{place}】快件已由营业点揽收", "【{place}】已收件,揽件员小周"),
	"departed": ("快件离开【{place}】,发往下一站", "【{place}】已发出"),
	"arrived": ("快件到达【{place}】", "快件已进入【{place}】"),
	"out": ("【{place}】正在派件,派件员小李 13800001234", "快件正在派送中,请保持电话畅通"),
	"signed": ("快件已签收,签收人:本人", "您的快件已签收,感谢使用"),
	"refused": ("收件人拒收,联系发件人处理", "客户拒签,快件暂存网点"),
	"returning": ("快件退回中,离开【{place}】", "【{place}】安排退件"),
	"returned": ("退回件已签收,签收人:发件人",),
	"wrong_address": ("地址不详,请联系发件人核实", "收件人电话有误,地址不详"),
	"damaged": ("快件外包装破损,已登记", "内件破损,待处理"),
}


@dataclass(frozen=True)
class Scan:
	"""`occurred_at` and `told_at` are unix seconds; a late scan is told long after it occurred."""

	occurred_at: float
	told_at: float
	kind: str
	text: str
	place: str


def draw_fault(dice: random.Random, rates: dict[str, float] | None = None) -> str:
	"""A fault by its rate in a hundred; "" for most parcels."""
	drawn = dice.uniform(0, 100)
	for fault, rate in (FAULTS if rates is None else rates).items():
		drawn -= rate
		if drawn < 0:
			return fault
	return ""


def make_journey(
	dice: random.Random, start: float, fault: str, cities: tuple[str, str], pace: float = 1.0
) -> list[Scan]:
	"""All scans of a parcel that leaves at `start`, in the order in which they occur.

	`pace` stretches the time under way: 1.0 is two days or so. A loss has no scan after its second hub.
	"""
	away, home = cities
	wait = dice.uniform(30, 96) if fault == "no_pickup" else dice.uniform(0.5, 14)
	hops = [
		("picked_up", wait, away),
		("departed", dice.uniform(1, 5), away),
		("arrived", dice.uniform(6, 16) * pace, f"{home}转运中心"),
		("departed", dice.uniform(1, 6), f"{home}转运中心"),
		("arrived", dice.uniform(3, 10) * pace, f"{home}营业点"),
		("out", dice.uniform(1, 12), f"{home}营业点"),
	]
	ends = {
		"refused": [("refused", dice.uniform(1, 6), home), ("returning", dice.uniform(20, 40), home)],
		"returned": [("returning", dice.uniform(2, 9), home)],
		"wrong_address": [
			("wrong_address", dice.uniform(1, 5), home),
			("out", dice.uniform(20, 60), home),
			("signed", dice.uniform(1, 5), home),
		],
		"damaged": [
			("damaged", dice.uniform(1, 5), home),
			("out", dice.uniform(20, 50), home),
			("signed", 2.0, home),
		],
	}
	if fault == "silent_delivery":
		hops.pop()
	hops += ends.get(fault, [("signed", dice.uniform(0.5, 7), home)])
	if fault in ("refused", "returned"):
		hops += [("arrived", dice.uniform(18, 40), away), ("returned", dice.uniform(3, 20), away)]
	if fault == "loss":
		hops = hops[: dice.choice((2, 3, 4))]
	if fault == "stall":
		index = dice.choice((2, 3, 4))
		kind, hours, place = hops[index]
		hops[index] = (kind, hours + dice.uniform(60, 130), place)
	return _make_scans(dice, start, hops, fault == "late_scans")


def _make_scans(dice: random.Random, start: float, hops: list, is_late: bool) -> list[Scan]:
	scans = [_make_scan(dice, start - HOUR / 2, "accepted", "", 0)]
	moment = start
	late = dice.randrange(len(hops) - 1) if is_late else -1
	for index, (kind, hours, place) in enumerate(hops):
		moment += hours * HOUR
		scans.append(_make_scan(dice, moment, kind, place, dice.uniform(6, 20) if index == late else 0.1))
	return scans


def _make_scan(dice: random.Random, moment: float, kind: str, place: str, delay_h: float) -> Scan:
	text = dice.choice(WORDS[kind]).format(place=place, courier="快递员")
	return Scan(float(int(moment)), moment + delay_h * HOUR, kind, text, place)
