"""China's administrative divisions, and whether a province, a city and a district belong together. Pure.

The table (`divisions.json`: province → city → districts) is made from the package @vant/area-data 2.1.0 (MIT). It tells
what surely is wrong; a name that no table knows, like a new development zone, is no proof.
"""

import json
from functools import cache
from pathlib import Path

from storegroup_oms.orders.importing.addresses import find_province

# Groups of the table that are no city: their districts stand directly under the province and are written as cities.
_GROUPS = ("省直辖县", "自治区直辖县级行政区划", "县")
# One level between province and district only, so that the city may be left out.
_CITY_STATES = ("北京市", "天津市", "上海市", "重庆市", "香港特别行政区", "澳门特别行政区")
# Prefecture cities without districts, and places whose lower names are written in many ways.
_WITHOUT_DISTRICTS = ("东莞市", "中山市", "儋州市", "嘉峪关市", "三沙市")
_LOOSE_PROVINCES = ("台湾省", "香港特别行政区", "澳门特别行政区")
# Zones deliver like a district and are in no list of divisions.
_ZONE_MARKS = (
	"开发",
	"高新",
	"新区",
	"园区",
	"管理",
	"示范",
	"保税",
	"经开",
	"度假",
	"风景",
	"工业",
	"合作",
	"其他",
	"其它",
)


@cache
def read_table() -> dict[str, dict[str, tuple[str, ...]]]:
	"""Province → city → districts, official names."""
	raw = json.loads(Path(__file__).with_name("divisions.json").read_text(encoding="utf-8"))
	return {
		province: {city: tuple(districts.split()) for city, districts in cities.items()}
		for province, cities in raw.items()
	}


def find_missing(province: str, city: str, district: str) -> str:
	"""The first part that a courier needs and the address lacks: province, city, district; empty for none."""
	if not province:
		return "province"
	official = find_province(province) or ""
	if not city and official not in _CITY_STATES:
		return "city"
	if official in _LOOSE_PROVINCES:
		return ""
	if not city and not district:
		return "district"
	if not district and not _stands_alone(official, city or official):
		return "district"
	return ""


def find_contradiction(province: str, city: str, district: str) -> str:
	"""The part that is not where the address says, province, city or district; empty where nothing speaks against it."""
	official = find_province(province)
	if not official:
		return "province"
	cities = read_table()[official]
	if official in _LOOSE_PROVINCES or not city:
		return (
			"" if official in _LOOSE_PROVINCES or not district else _check_district(official, None, district)
		)
	if _is_group(city):
		return _check_district(official, None, district) if district else ""
	found = _find_name(city, cities)
	if not found:
		# A county directly under the province is written as the city.
		return "" if _find_name(city, _list_all_districts(official)) else "city"
	return _check_district(official, found, district) if district else ""


def _stands_alone(province: str, city: str) -> bool:
	"""True for a city that has no districts: listed so, or itself a county under the province."""
	cities = read_table().get(province, {})
	found = _find_name(city, cities)
	if found:
		return found in _WITHOUT_DISTRICTS
	return bool(_find_name(city, _list_all_districts(province)))


def _check_district(province: str, city: str | None, district: str) -> str:
	cities = read_table()[province]
	if city in _WITHOUT_DISTRICTS:
		return ""
	own = cities[city] if city else _list_all_districts(province)
	if city == "重庆市":
		own = _list_all_districts(province)
	if _find_name(district, own) or _is_zone(district):
		return ""
	return "district"


def _is_group(city: str) -> bool:
	return city in _GROUPS or "直辖" in city


def _is_zone(district: str) -> bool:
	return any(mark in district for mark in _ZONE_MARKS) or district == "市辖区"


def _list_all_districts(province: str) -> tuple[str, ...]:
	return tuple(name for names in read_table().get(province, {}).values() for name in names)


def _find_name(given: str, official: object) -> str:
	"""The official name that a written one stands for: equal, or equal without the word for its kind."""
	text = "".join(given.split())
	names = tuple(official)
	if text in names:
		return text
	stem = _cut_kind(text)
	if len(stem) < 2:
		return ""
	# 恩施州 stands for 恩施土家族苗族自治州.
	begin = text[:-1] if text.endswith("州") and len(text) > 2 else text
	return next((name for name in names if _cut_kind(name) == stem or name.startswith(begin)), "")


def _cut_kind(name: str) -> str:
	for kind in ("自治州", "自治县", "自治旗", "地区", "市", "区", "县", "盟", "旗"):
		if name.endswith(kind) and len(name) > len(kind) + 1:
			return name[: -len(kind)]
	return name
