"""How far it is from one province to another, by great circle between their capitals. Pure.

Good enough to tell near from far; what a parcel really travels is its courier's business.
"""

from functools import cache
from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371
# Between two places of one province, whatever its size.
INSIDE_PROVINCE_KM = 150

# Latitude and longitude of the capital, degrees.
CAPITALS = {
	"北京市": (39.90, 116.41),
	"天津市": (39.13, 117.20),
	"河北省": (38.04, 114.51),
	"山西省": (37.87, 112.55),
	"内蒙古自治区": (40.84, 111.75),
	"辽宁省": (41.80, 123.43),
	"吉林省": (43.82, 125.32),
	"黑龙江省": (45.80, 126.53),
	"上海市": (31.23, 121.47),
	"江苏省": (32.06, 118.80),
	"浙江省": (30.27, 120.15),
	"安徽省": (31.82, 117.23),
	"福建省": (26.07, 119.30),
	"江西省": (28.68, 115.86),
	"山东省": (36.65, 117.12),
	"河南省": (34.75, 113.62),
	"湖北省": (30.59, 114.31),
	"湖南省": (28.23, 112.94),
	"广东省": (23.13, 113.26),
	"广西壮族自治区": (22.82, 108.37),
	"海南省": (20.04, 110.20),
	"重庆市": (29.56, 106.55),
	"四川省": (30.57, 104.07),
	"贵州省": (26.65, 106.63),
	"云南省": (25.04, 102.71),
	"西藏自治区": (29.65, 91.13),
	"陕西省": (34.34, 108.94),
	"甘肃省": (36.06, 103.83),
	"青海省": (36.62, 101.78),
	"宁夏回族自治区": (38.49, 106.23),
	"新疆维吾尔自治区": (43.83, 87.62),
	"台湾省": (25.03, 121.57),
	"香港特别行政区": (22.32, 114.17),
	"澳门特别行政区": (22.20, 113.54),
}


@cache
def find_distance_km(start: tuple[str, str], end: tuple[str, str]) -> int | None:
	"""Whole kilometres between two places, each (official province, city); None when a province is unknown.

	0 within a city, `INSIDE_PROVINCE_KM` within a province.
	"""
	if start[0] not in CAPITALS or end[0] not in CAPITALS:
		return None
	if start[0] == end[0]:
		return 0 if start[1] and start[1] == end[1] else INSIDE_PROVINCE_KM
	(north, east), (other_north, other_east) = (
		tuple(radians(degrees) for degrees in CAPITALS[province]) for province in (start[0], end[0])
	)
	half = (
		sin((other_north - north) / 2) ** 2
		+ cos(north) * cos(other_north) * sin((other_east - east) / 2) ** 2
	)
	return round(2 * EARTH_RADIUS_KM * asin(sqrt(half)))
