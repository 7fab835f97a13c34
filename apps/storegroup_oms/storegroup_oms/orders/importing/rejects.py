"""Writes the rejected rows as a CSV that a person corrects in a spreadsheet and loads again.

UTF-8 with mark, the file's own columns first, then Row and Reason, which the reader passes over. Cells that a
spreadsheet would run as formulas get an apostrophe, which the reader takes off again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import BinaryIO

from .cells import REJECT_COLUMNS, protect_cell
from .errors import RowError


class RejectWriter:
	"""Writes to a binary stream that the caller opens and closes; call `close` to flush and let go of it.

	`describe` turns a RowError into the text of the Reason column (default: the English message), so that the
	caller can translate it.
	"""

	def __init__(
		self, stream: BinaryIO, headings: Sequence[str], describe: Callable[[RowError], str] | None = None
	):
		self._text = io.TextIOWrapper(stream, "utf-8-sig", newline="", write_through=True)
		self._writer = csv.writer(self._text)
		self._headings = list(headings)
		self._describe = describe or (lambda error: error.message)
		self.count = 0
		self._writer.writerow([*map(protect_cell, self._headings), *REJECT_COLUMNS])

	def write(self, error: RowError) -> None:
		"""Write every row of the refused order with the order's reasons."""
		reason = protect_cell(self._describe(error))
		for row in error.rows:
			cells = [protect_cell(row.cells.get(heading, "")) for heading in self._headings]
			self._writer.writerow([*cells, row.row_no, reason])
			self.count += 1

	def close(self) -> None:
		self._text.flush()
		self._text.detach()
