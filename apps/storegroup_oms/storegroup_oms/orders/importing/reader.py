"""Opens an order report, CSV or .xlsx, whatever its name says, and reads it row by row in bounded memory.

Everything about a file that can be refused is refused with ImportFileError; a bad row comes back as a Row
with its problem. Nothing in a file is ever evaluated or fetched. Pure: imports no Frappe.
"""

from __future__ import annotations

import io
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from .cells import REJECT_COLUMNS, clean_cell
from .errors import ImportFileError, Problem, Row

_ARCHIVES = (b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"BZh", b"\xfd7zXZ")
_WEB_STARTS = (b"<!doctype html", b"<html", b"<table", b"<?xml", b"<head", b"<meta")


@dataclass(frozen=True, slots=True)
class ReadLimits:
	"""Bounds on one file; sizes in bytes, lengths in characters."""

	max_file_bytes: int = 64 * 1024 * 1024
	max_line_chars: int = 1024 * 1024
	max_rows: int = 200_000
	max_columns: int = 512
	max_cell_chars: int = 32_767
	max_unpacked_bytes: int = 256 * 1024 * 1024
	max_shared_text_bytes: int = 64 * 1024 * 1024
	max_ratio: int = 200
	ratio_free_bytes: int = 8 * 1024 * 1024
	max_members: int = 1000


class Source:
	"""The bytes to read: a path or a bytes object, opened anew for every pass."""

	def __init__(self, content: str | os.PathLike | bytes):
		self._content = content

	def open(self) -> BinaryIO:
		if isinstance(self._content, bytes):
			return io.BytesIO(self._content)
		try:
			return open(self._content, "rb")
		except OSError as error:
			raise ImportFileError("file_missing", os.path.basename(self._content)) from error

	def size(self) -> int:
		with self.open() as stream:
			return stream.seek(0, io.SEEK_END)


class Table(ABC):
	"""A file that was recognised and whose headings were read; `rows()` can be walked more than once.

	`headings` are stripped, in file order, without nameless columns and without the two columns that a file
	of rejected rows adds.
	"""

	kind: str
	encoding = ""

	def __init__(self, source: Source, limits: ReadLimits):
		self.source = source
		self.limits = limits
		self._columns: list[tuple[int, str]] = []
		self._width = 0

	@property
	def headings(self) -> tuple[str, ...]:
		return tuple(heading for _index, heading in self._columns)

	@abstractmethod
	def _records(self) -> Iterator[tuple[int, list[str], Problem | None]]:
		"""Yield (row_no, texts, problem) for every record of the file, headings included."""

	def _set_headings(self, texts: list[str]) -> None:
		headings = [clean_cell(text) for text in texts]
		while headings and not headings[-1]:
			headings.pop()
		if len(headings) > self.limits.max_columns:
			raise ImportFileError("too_many_columns", self.limits.max_columns)
		self._width = len(headings)
		columns = [(index, heading) for index, heading in enumerate(headings) if heading]
		if tuple(heading for _index, heading in columns[-2:]) == REJECT_COLUMNS:
			columns = columns[:-2]
		names = [heading for _index, heading in columns]
		if not names:
			raise ImportFileError("no_headings")
		copies = sorted({name for name in names if names.count(name) > 1})
		if copies:
			raise ImportFileError("duplicate_headings", ", ".join(copies)[:500])
		self._columns = columns

	def rows(self) -> Iterator[Row]:
		"""Yield every row below the headings; rows without any text are passed over.

		Raises ImportFileError when a limit is met on the way.
		"""
		records = self._records()
		for _row_no, texts, problem in records:
			if problem or any(text and not text.isspace() for text in texts):
				break
		count = 0
		for row_no, texts, problem in records:
			row = self._make_row(row_no, texts, problem)
			if row is None:
				continue
			count += 1
			if count > self.limits.max_rows:
				raise ImportFileError("too_many_rows", self.limits.max_rows)
			yield row

	def _make_row(self, row_no: int, texts: list[str], problem: Problem | None) -> Row | None:
		texts = [clean_cell(text) for text in texts]
		width = self._width
		given = len(texts)
		cells = {heading: texts[index] for index, heading in self._columns if index < given}
		if not problem and not any(cells.values()) and not any(texts[width:]):
			return None
		if problem is None and given != width:
			extra = [text for text in texts[width:] if text]
			if extra:
				problem = Problem(
					"too_many_cells", (given, width, " | ".join(extra)[:200]), row_nos=(row_no,)
				)
			elif given < width:
				problem = Problem("too_few_cells", (given, width), row_nos=(row_no,))
		if given < width:
			cells = {heading: cells.get(heading, "") for _index, heading in self._columns}
		return Row(row_no, cells, problem)


def open_table(content: str | os.PathLike | bytes, limits: ReadLimits | None = None) -> Table:
	"""Recognise the file by its content (its name counts for nothing), check it and read its headings.

	`content` is a path or the file's bytes. Raises ImportFileError.
	"""
	from .csv_table import CsvTable
	from .xlsx_table import XlsxTable

	limits = limits or ReadLimits()
	source = Source(content)
	size = source.size()
	if not size:
		raise ImportFileError("file_empty")
	if size > limits.max_file_bytes:
		raise ImportFileError("file_too_large", size, limits.max_file_bytes)
	if _is_zip(source):
		return XlsxTable(source, limits)
	return CsvTable(source, limits)


def _is_zip(source: Source) -> bool:
	with source.open() as stream:
		head = stream.read(512)
		if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
			return True
		if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
			rest = head + stream.read(1024 * 1024)
			encrypted = "EncryptedPackage".encode("utf-16-le") in rest
			raise ImportFileError("file_is_encrypted" if encrypted else "file_is_xls")
	if head.startswith(_ARCHIVES):
		raise ImportFileError("file_is_archive")
	if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")):
		raise ImportFileError("file_is_other")
	if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB_STARTS):
		raise ImportFileError("file_is_web_page")
	return False
