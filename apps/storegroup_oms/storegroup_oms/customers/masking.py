"""Masks for names, phones and addresses, and the test whether a text is masked already. Pure."""

import re
import unicodedata

_MASK = "*"
_NUMBER_IN_ADDRESS = re.compile(r"[0-9０-９一二三四五六七八九十百]+(?=[号弄栋幢座楼层室单-])|[0-9０-９]+")
_STREET_END = re.compile(r"[路街道巷村镇乡]")


def is_masked(text: str | None) -> bool:
	"""True for empty text and for text that carries at least one asterisk."""
	return not text or _MASK in text


def mask_name(name: str | None) -> str:
	"""王小明 → 王**, 王明 → 王*, John Smith → J***; at most three asterisks, the length is not told."""
	name = (name or "").strip()
	if is_masked(name):
		return name
	return name[0] + _MASK * min(max(len(name) - 1, 1), 3)


def mask_mobile(mobile: str | None) -> str:
	"""13812341234 → 138****1234; shorter or foreign numbers keep at most a third at each end."""
	text = (mobile or "").strip()
	if is_masked(text):
		return text
	digits = normalise_mobile(text)
	if len(digits) == 11 and digits.startswith("1"):
		return f"{digits[:3]}****{digits[-4:]}"
	if len(digits) < 5:
		return _MASK * 4
	keep = max(1, min(3, len(digits) // 4))
	return f"{digits[:keep]}****{digits[-keep:]}"


def mask_address(address: str | None) -> str:
	"""文三路 90 号 5 楼 → 文三路***: the street stays, everything after it goes."""
	text = (address or "").strip()
	if is_masked(text):
		return text
	end = _STREET_END.search(text)
	number = _NUMBER_IN_ADDRESS.search(text)
	cut = end.end() if end else (number.start() if number else min(4, len(text) // 2))
	if number:
		cut = min(cut, number.start())
	return text[: min(cut, 12)].rstrip() + _MASK * 3


def normalise_mobile(mobile: str | None) -> str:
	"""Digits only, half-width, without China's country code; an extension (-123) is dropped."""
	text = unicodedata.normalize("NFKC", mobile or "").strip()
	text = re.split(r"(?<=[0-9]{11})[-转,]", text)[0]
	digits = re.sub(r"[^0-9]", "", text)
	if len(digits) == 13 and digits.startswith("86"):
		return digits[2:]
	if len(digits) == 15 and digits.startswith("0086"):
		return digits[4:]
	return digits


def get_tail(mobile: str | None) -> str:
	"""The last four digits, also of a masked number; empty when fewer are there."""
	tail = re.search(r"([0-9]{4})[^0-9]*$", unicodedata.normalize("NFKC", mobile or ""))
	return tail.group(1) if tail else ""
