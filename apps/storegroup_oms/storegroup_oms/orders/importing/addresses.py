"""Provinces of China under their official names, and addresses that exports write in one piece."""

from __future__ import annotations

import re

# short name -> official name of the 34 divisions
PROVINCES = {
	"北京": "北京市",
	"天津": "天津市",
	"河北": "河北省",
	"山西": "山西省",
	"内蒙古": "内蒙古自治区",
	"辽宁": "辽宁省",
	"吉林": "吉林省",
	"黑龙江": "黑龙江省",
	"上海": "上海市",
	"江苏": "江苏省",
	"浙江": "浙江省",
	"安徽": "安徽省",
	"福建": "福建省",
	"江西": "江西省",
	"山东": "山东省",
	"河南": "河南省",
	"湖北": "湖北省",
	"湖南": "湖南省",
	"广东": "广东省",
	"广西": "广西壮族自治区",
	"海南": "海南省",
	"重庆": "重庆市",
	"四川": "四川省",
	"贵州": "贵州省",
	"云南": "云南省",
	"西藏": "西藏自治区",
	"陕西": "陕西省",
	"甘肃": "甘肃省",
	"青海": "青海省",
	"宁夏": "宁夏回族自治区",
	"新疆": "新疆维吾尔自治区",
	"台湾": "台湾省",
	"香港": "香港特别行政区",
	"澳门": "澳门特别行政区",
}
_MUNICIPALITIES = ("北京市", "天津市", "上海市", "重庆市")
_SUFFIXES = ("省", "市", "自治区", "特别行政区", "特区")
_NAMES = {}
for _short, _official in PROVINCES.items():
	_NAMES[_official] = _official
	_NAMES[_short] = _official
	for _suffix in _SUFFIXES:
		_NAMES.setdefault(_short + _suffix, _official)
_LONGEST_FIRST = sorted(_NAMES, key=len, reverse=True)
# signs that end a street or village come first in a part or not at all: 文三路城市花园 has no city
_PART = r"[^\s0-9][^\s0-9路街号镇乡村]{0,11}?"
_CITY = re.compile(rf"(\S{{1,3}}直辖县级行政区划|{_PART}(?:自治州|地区|盟|市))")
_DISTRICT = re.compile(rf"({_PART}(?:自治县|自治旗|区|县|旗|市))")


def find_province(text: str) -> str | None:
	"""Give the official name for a province written in any usual way; None when it is none."""
	return _NAMES.get("".join(text.split()))


def split_address(text: str) -> tuple[str, str, str, str] | None:
	"""Cut '浙江省 杭州市 西湖区 文三路' or '广东深圳市南山区科技园' into province, city, district, rest.

	Parts that aren't there are ''. None when the text doesn't begin with a province.
	"""
	text = text.strip()
	name = next((name for name in _LONGEST_FIRST if text.startswith(name)), None)
	if name is None:
		return None
	province, rest = _NAMES[name], text[len(name) :].strip()
	# municipalities are written twice: 上海 上海市 徐汇区
	if province in _MUNICIPALITIES:
		for again in (province, f"{province[:-1]} "):
			if rest.startswith(again):
				rest = rest[len(again) :].strip()
				break
		city = province if rest else ""
	else:
		city, rest = _take(_CITY, rest)
	district, rest = _take(_DISTRICT, rest)
	return province, city, district, rest


def _take(pattern: re.Pattern, text: str) -> tuple[str, str]:
	token = text.split(maxsplit=1)[0] if text else ""
	match = pattern.fullmatch(token) or pattern.match(token)
	if match is None:
		return "", text
	return match[1], text[match.end() :].strip()
