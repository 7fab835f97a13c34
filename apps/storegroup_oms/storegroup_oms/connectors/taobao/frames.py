"""Frames of Taobao's message service: little endian, a list of typed headers. Source: PyPI tmcpy, run by us.

A frame: version, kind, then headers, each a uint16 kind and its value, closed by kind 0.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from datetime import datetime

from ..base import CHINA_TIME

VERSION = 2
CONNECT, CONNECT_ACK, DATA, REPLY = 0, 1, 2, 3
_END, _CUSTOM, _STATUS_CODE, _STATUS_PHRASE, _FLAG, _TOKEN = range(6)
_VOID, _TEXT, _BYTE, _INT16, _INT32, _INT64, _DATE, _BYTES = range(8)
_NUMBERS = {_BYTE: "<B", _INT16: "<H", _INT32: "<I", _INT64: "<q", _DATE: "<q"}
Value = str | int | bytes | datetime | None


class FrameError(ValueError):
	"""Bytes that are no whole frame."""


@dataclass(frozen=True)
class Frame:
	"""One frame. `headers` are its custom headers; None stands where the frame has no such field."""

	kind: int
	headers: dict[str, Value] = field(default_factory=dict)
	token: str | None = None
	flag: int | None = None
	status_code: int | None = None
	status_phrase: str | None = None


def encode(frame: Frame) -> bytes:
	parts = [struct.pack("<BB", VERSION, frame.kind)]
	if frame.status_code is not None:
		parts.append(struct.pack("<HI", _STATUS_CODE, frame.status_code))
	if frame.status_phrase is not None:
		parts.append(struct.pack("<H", _STATUS_PHRASE) + _encode_text(frame.status_phrase))
	if frame.flag is not None:
		parts.append(struct.pack("<HI", _FLAG, frame.flag))
	if frame.token is not None:
		parts.append(struct.pack("<H", _TOKEN) + _encode_text(frame.token))
	for name, value in frame.headers.items():
		parts.append(struct.pack("<H", _CUSTOM) + _encode_text(name) + _encode_value(value))
	parts.append(struct.pack("<H", _END))
	return b"".join(parts)


def decode(data: bytes) -> Frame:
	"""Read one whole frame; FrameError when it is cut off, of another version or not text where text belongs."""
	try:
		return _Reader(data).read_frame()
	except (struct.error, UnicodeDecodeError, OverflowError, OSError) as error:
		raise FrameError(type(error).__name__) from None


def _encode_text(text: str) -> bytes:
	raw = text.encode()
	return struct.pack("<I", len(raw)) + raw


def _encode_value(value: Value) -> bytes:
	if value is None:
		return struct.pack("<B", _VOID)
	if isinstance(value, str):
		return struct.pack("<B", _TEXT) + _encode_text(value)
	if isinstance(value, bytes):
		return struct.pack("<BI", _BYTES, len(value)) + value
	if isinstance(value, datetime):
		return struct.pack("<Bq", _DATE, round(value.timestamp() * 1000))
	for kind, limit in ((_BYTE, 2**8), (_INT16, 2**16), (_INT32, 2**32)):
		if 0 <= value < limit:
			return struct.pack("<B", kind) + struct.pack(_NUMBERS[kind], value)
	return struct.pack("<Bq", _INT64, value)


class _Reader:
	def __init__(self, data: bytes) -> None:
		self.data = data
		self.offset = 0

	def read_frame(self) -> Frame:
		if self._take("<B") != VERSION:
			raise FrameError("another protocol version")
		kind = self._take("<B")
		headers: dict[str, Value] = {}
		fields: dict = {}
		while (header := self._take("<H")) != _END:
			if header == _CUSTOM:
				name = self._take_text()
				headers[name] = self._take_value()
			elif header == _STATUS_CODE:
				fields["status_code"] = self._take("<I")
			elif header == _STATUS_PHRASE:
				fields["status_phrase"] = self._take_text()
			elif header == _FLAG:
				fields["flag"] = self._take("<I")
			elif header == _TOKEN:
				fields["token"] = self._take_text()
			else:
				raise FrameError(f"unknown header {header}")
		return Frame(kind, headers, **fields)

	def _take(self, layout: str) -> int:
		(value,) = struct.unpack_from(layout, self.data, self.offset)
		self.offset += struct.calcsize(layout)
		return value

	def _take_bytes(self) -> bytes:
		length = self._take("<I")
		self.offset += length  # beyond the end of a frame that is cut off: the next header isn't there then
		return self.data[self.offset - length : self.offset]

	def _take_text(self) -> str:
		return self._take_bytes().decode()

	def _take_value(self) -> Value:
		kind = self._take("<B")
		if kind == _VOID:
			return None
		if kind == _TEXT:
			return self._take_text()
		if kind == _BYTES:
			return self._take_bytes()
		if kind not in _NUMBERS:
			raise FrameError(f"unknown value kind {kind}")
		number = self._take(_NUMBERS[kind])
		if kind != _DATE:
			return number
		try:
			return datetime.fromtimestamp(number / 1000, CHINA_TIME)
		except ValueError as error:
			raise FrameError("a time out of range") from error
