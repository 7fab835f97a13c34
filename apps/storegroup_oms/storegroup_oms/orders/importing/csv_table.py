"""CSV: finds the encoding and the delimiter, refuses damaged text, reads records in bounded memory."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator

from .errors import ImportFileError, Problem
from .reader import ReadLimits, Source, Table

_CHUNK = 64 * 1024
_DELIMITERS = ",\t;"
# a wrong guess hardly ever yields eight valid UTF-8 characters beyond ASCII (two surplus bytes each)
_SURE_UTF8_SURPLUS = 16


class _BadBytesError(Exception):
	def __init__(self, byte: int, line: int, surplus: int):
		self.byte = byte
		self.line = line
		self.surplus = surplus
		super().__init__()


class CsvTable(Table):
	"""A delimited text file in UTF-8 (with or without mark), GB18030/GBK, or UTF-16 with its mark."""

	kind = "csv"

	def __init__(self, source: Source, limits: ReadLimits):
		super().__init__(source, limits)
		self.encoding, head = find_encoding(source, limits)
		if not head.strip("\ufeff \t\r\n"):
			raise ImportFileError("file_empty" if not head.strip("\ufeff") else "no_headings")
		self.delimiter = _find_delimiter(head)
		for _row_no, texts, problem in self._records():
			if problem:
				raise ImportFileError("quote_not_closed", 1)
			if any(text and not text.isspace() for text in texts):
				self._set_headings(texts)
				break
		if not self._columns:
			raise ImportFileError("no_headings")
		if next(self.rows(), None) is None:
			raise ImportFileError("no_rows")

	def _records(self) -> Iterator[tuple[int, list[str], Problem | None]]:
		with self.source.open() as raw, io.TextIOWrapper(raw, self.encoding, newline="") as text:
			lines = _Lines(text, self.limits.max_line_chars, self.encoding)
			reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
			row_no = 0
			while True:
				row_no += 1
				lines.start_record()
				try:
					texts = next(reader)
				except StopIteration:
					return
				except csv.Error as error:
					yield (
						row_no,
						self._read_loosely(lines, error),
						Problem("broken_quotes", row_nos=(row_no,)),
					)
					continue
				yield row_no, texts, None

	def _read_loosely(self, lines: _Lines, error: csv.Error) -> list[str]:
		"""Give the cells of a record with a stray quote; refuse the file where the quote swallowed lines."""
		if len(lines.record) > 1 or "field larger" in str(error) or "end of data" in str(error):
			raise ImportFileError("quote_not_closed", lines.first_line) from error
		try:
			return next(csv.reader(lines.record, delimiter=self.delimiter, strict=False), [])
		except csv.Error:
			return []


class _Lines:
	"""Hands lines to the csv reader, keeps those of the current record, enforces the length limit."""

	def __init__(self, text: io.TextIOWrapper, limit: int, encoding: str):
		self._text = text
		self._limit = limit
		self._encoding = encoding
		self._line_no = 0
		self._length = 0
		self.record: list[str] = []
		self.first_line = 1

	def start_record(self) -> None:
		self.record = []
		self._length = 0
		self.first_line = self._line_no + 1

	def __iter__(self) -> _Lines:
		return self

	def __next__(self) -> str:
		try:
			line = self._text.readline(self._limit + 1)
		except UnicodeDecodeError as error:
			# only when the file changed since it was checked
			raise ImportFileError("bad_encoding", self._encoding, error.start, self._line_no + 1) from error
		if not line:
			raise StopIteration
		self._line_no += 1
		self._length += len(line)
		if self._length > self._limit:
			code = "record_too_long" if self.record else "line_too_long"
			raise ImportFileError(code, self.first_line, self._limit)
		self.record.append(line)
		return line


def find_encoding(source: Source, limits: ReadLimits) -> tuple[str, str]:
	"""Decode the whole file once, strictly, in chunks; give the encoding and the text of the first chunk.

	Without a mark UTF-8 is tried first, then GB18030. Raises ImportFileError with the byte offset and line of
	the first bad byte, for a NUL, and for a line over the limit.
	"""
	with source.open() as stream:
		head = stream.read(4)
	if head.startswith(codecs.BOM_UTF8):
		candidates = ["utf-8-sig"]
	elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
		candidates = ["utf-16"]
	else:
		candidates = ["utf-8", "gb18030"]
	first: _BadBytesError | None = None
	for encoding in candidates:
		try:
			return encoding, _walk(source, encoding, limits)
		except _BadBytesError as bad:
			if first is None or (first.surplus < _SURE_UTF8_SURPLUS and bad.byte > first.byte):
				name, first = encoding, bad
			if first.surplus >= _SURE_UTF8_SURPLUS:
				break
	raise ImportFileError("bad_encoding", name.upper(), first.byte, first.line)


def _walk(source: Source, encoding: str, limits: ReadLimits) -> str:
	decoder = codecs.getincrementaldecoder(encoding)("strict")
	head = ""
	fed = surplus = length = 0
	line = 1
	with source.open() as stream:
		final = False
		while not final:
			chunk = stream.read(_CHUNK)
			final = not chunk
			try:
				text = decoder.decode(chunk, final)
			except UnicodeDecodeError as error:
				start = fed + len(chunk) - len(error.object) + error.start
				good = error.object[: error.start].decode(encoding, "ignore")
				surplus += error.start - len(good)
				raise _BadBytesError(start, line + good.count("\n"), surplus) from error
			if "\0" in text:
				raise ImportFileError("nul_character", line + text[: text.index("\0")].count("\n"))
			head = head or text
			fed += len(chunk)
			surplus += len(chunk) - len(text)
			line, length = _measure(text, line, length, limits.max_line_chars)
	return head


def _measure(text: str, line: int, length: int, limit: int) -> tuple[int, int]:
	"""Follow line number and length over a chunk; both LF and CR end a line, as in old exports."""
	position = 0
	while position < len(text):
		ends = [end for end in (text.find("\n", position), text.find("\r", position)) if end >= 0]
		end = min(ends, default=len(text))
		length += end - position
		if length > limit:
			raise ImportFileError("line_too_long", line, limit)
		if ends:
			length = 0
			line += text[end] == "\n"
		position = end + 1
	return line, length


def _find_delimiter(head: str) -> str:
	"""The one of comma, tab and semicolon that cuts the headings into most cells; comma when none does."""
	lines = [line for line in head.splitlines(keepends=True)[:50] if line.strip()]
	best, best_width = ",", 1
	for delimiter in _DELIMITERS:
		try:
			width = len(next(csv.reader(lines, delimiter=delimiter), []))
		except csv.Error:
			continue
		if width > best_width:
			best, best_width = delimiter, width
	return best
