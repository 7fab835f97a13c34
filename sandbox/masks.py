"""Personal data as platforms show it: enough to recognise, too little to use."""

from __future__ import annotations


def mask_name(name: str) -> str:
	"""`王**`; "" stays "" ."""
	return name[:1] + "**" if name else ""


def mask_mobile(mobile: str) -> str:
	"""`138****1234`; shorter numbers are starred out."""
	return f"{mobile[:3]}****{mobile[-4:]}" if len(mobile) >= 11 else "*" * len(mobile)


def mask_address(address: str) -> str:
	"""The street's first characters, then stars."""
	return address[: min(4, len(address) // 2)] + "***" if address else ""


def mask_nick(nick: str) -> str:
	"""First and last character with stars between."""
	return f"{nick[:1]}**{nick[-1:]}" if nick else ""
