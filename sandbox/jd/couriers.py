"""JD's numbers of couriers. Source: platforms.md 7; the number of J&T is UNCONFIRMED, so it is left out."""

from __future__ import annotations

COURIERS = {
	"SF": "467",
	"YTO": "463",
	"ZTO": "1499",
	"STO": "470",
	"YUNDA": "1327",
	"EMS": "465",
	"POSTB": "2171",
	"JD": "2087",
	"DBKD": "3046",
	"HTKY": "1748",
}
SELF_DELIVERY = "1274"
KNOWN = frozenset(COURIERS.values()) | {SELF_DELIVERY, "2170"}


def get_courier_id(courier: str) -> str:
	"""JD's number for a courier that the world names by a common code; a number stays as it is."""
	return COURIERS.get(courier, courier)
