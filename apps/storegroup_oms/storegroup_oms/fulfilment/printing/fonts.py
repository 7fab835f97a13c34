"""The one font of everything printed, and what of a text it can show. Pure."""

import unicodedata
from functools import lru_cache
from pathlib import Path
from threading import Lock

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

NAME = "NotoSansSC"
PATH = Path(__file__).parent / "fonts" / "NotoSansSC-Medium.ttf"
MISSING_MARK = "〓"
# Joiners, direction marks and variation selectors show nothing by themselves.
_SILENT = frozenset("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufe0e\ufe0f")
_loading = Lock()


@lru_cache(maxsize=1)
def load_font() -> str:
	"""Register the font once in a process; returns its name for drawing."""
	with _loading:
		font = TTFont(NAME, PATH)
		pdfmetrics.registerFont(font)
		return font.fontName


def get_width(text: str, size: float) -> float:
	"""Width of a text in points."""
	return pdfmetrics.stringWidth(text, load_font(), size)


def clean(text: str | None) -> tuple[str, str]:
	"""(text that the font can show, the characters it lacks, each once).

	A lacking character becomes a visible mark; control characters become spaces; runs of spaces one.
	"""
	if not text:
		return "", ""
	if text.isascii() and text.isprintable():
		return " ".join(text.split()), ""
	load_font()
	known = pdfmetrics.getFont(NAME).face.charToGlyph
	shown, lacking = [], []
	for character in unicodedata.normalize("NFC", text):
		if character in _SILENT:
			continue
		if unicodedata.category(character)[0] in "ZC" and ord(character) not in known:
			shown.append(" ")
		elif ord(character) in known and unicodedata.category(character) != "Cc":
			shown.append(character)
		elif unicodedata.category(character) == "Cc":
			shown.append(" ")
		else:
			shown.append(MISSING_MARK)
			if character not in lacking:
				lacking.append(character)
	return " ".join("".join(shown).split()), "".join(lacking)


def wrap(text: str, size: float, width: float) -> list[str]:
	"""Lines of at most `width` points. Runs of Latin letters and digits stay whole where they fit in a line."""
	lines, line = [], ""
	for piece in _split(text):
		if get_width((line + piece).rstrip(), size) <= width:
			line += piece
			continue
		if line.strip():
			lines.append(line.rstrip())
		line = ""
		for character in piece.lstrip():
			if line and get_width(line + character, size) > width:
				lines.append(line)
				line = ""
			line += character
	return [*lines, line.rstrip()] if line.strip() else lines


def _split(text: str) -> list[str]:
	pieces: list[str] = []
	for character in text:
		joins = character.isascii() and character != " "
		if joins and pieces and pieces[-1][-1].isascii() and pieces[-1][-1] != " ":
			pieces[-1] += character
		elif pieces and character in "，。、；：！？）】》”’,.;:!?)":
			# A line never begins with one of these.
			pieces[-1] += character
		else:
			pieces.append(character)
	return pieces


def cut(text: str, size: float, width: float) -> str:
	"""The text as far as it fits, with an ellipsis where something is missing."""
	if get_width(text, size) <= width:
		return text
	end = len(text)
	while end and get_width(text[:end].rstrip() + "…", size) > width:
		end -= 1
	return text[:end].rstrip() + "…"
