"""Cell texts: undoing what spreadsheets and exports wrap around a value, and making it safe to write again.

A cleaned text is a fixed point (cleaning it again changes nothing) and protect_cell is undone by clean_cell,
so that a file of rejected rows loads again unchanged.
"""

import re

REJECT_COLUMNS = ("Row", "Reason")
FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
_MARGIN = "\ufeff\u200b"
_QUOTED_FORMULA = re.compile(r'="([^"]*)"\Z')
_APOSTROPHE = re.compile(rf"'['\t\r\n{_MARGIN}]*(?=[0-9{re.escape(FORMULA_STARTS)}])")


def clean_cell(text: str) -> str:
	"""Strip white space and Excel's wrappings: ="123", '123 and 123<TAB> become 123.

	Nothing is evaluated. A leading apostrophe goes only before a digit or a formula sign; elsewhere it is
	part of the text.
	"""
	text = text.strip()
	if not text or (text[0] not in "='\ufeff\u200b" and text[-1] not in _MARGIN):
		return text
	while True:
		before = text
		text = text.strip(_MARGIN).strip()
		if match := _QUOTED_FORMULA.match(text):
			text = match[1]
		elif match := _APOSTROPHE.match(text):
			text = text[match.end() :]
		if text == before:
			return text


def protect_cell(text: str) -> str:
	"""Put an apostrophe before a text that a spreadsheet would run as a formula."""
	return "'" + text if text and text[0] in FORMULA_STARTS else text
