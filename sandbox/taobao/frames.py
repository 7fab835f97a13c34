"""Frames of the message socket, little endian. Source: platforms.md 2.9."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

CONNECT, CONNECT_ACK, DATA, REPLY = 0, 1, 2, 3
VERSION = 2
END, CUSTOM, STATUS, PHRASE, FLAG, TOKEN = range(6)
VOID, TEXT, BYTE, SHORT, INT, LONG, DATE, BYTES = range(8)
FIXED = {
	BYTE: struct.Struct("<B"),
	SHORT: struct.Struct("<H"),
	INT: struct.Struct("<I"),
	LONG: struct.Struct("<q"),
}
HEADER, WORD = struct.Struct("<H"), struct.Struct("<I")


@dataclass(slots=True)
class Frame:
	"""`custom` holds int, text, bytes or None; text that stands for a date is milliseconds as int."""

	kind: int
	custom: dict[str, int | str | bytes | None] = field(default_factory=dict)
	token: str = ""
	status: int | None = None
	phrase: str = ""
	flag: int | None = None


def write_frame(frame: Frame) -> bytes:
	"""Numbers go out as 64 bits."""
	out = bytearray((VERSION, frame.kind))
	if frame.status is not None:
		out += HEADER.pack(STATUS) + WORD.pack(frame.status)
	if frame.phrase:
		out += HEADER.pack(PHRASE) + _pack(frame.phrase.encode())
	if frame.flag is not None:
		out += HEADER.pack(FLAG) + WORD.pack(frame.flag)
	if frame.token:
		out += HEADER.pack(TOKEN) + _pack(frame.token.encode())
	for name, value in frame.custom.items():
		out += HEADER.pack(CUSTOM) + _pack(name.encode())
		if value is None:
			out.append(VOID)
		elif isinstance(value, int):
			kind = BYTE if 0 <= value < 256 else LONG
			out.append(kind)
			out += FIXED[kind].pack(value)
		elif isinstance(value, str):
			out.append(TEXT)
			out += _pack(value.encode())
		else:
			out.append(BYTES)
			out += _pack(value)
	return bytes(out + HEADER.pack(END))


def _pack(raw: bytes) -> bytes:
	return WORD.pack(len(raw)) + raw


def read_frame(data: bytes) -> Frame:
	"""Raises ValueError for anything but one whole frame."""
	try:
		return _read(data)
	except (struct.error, IndexError, UnicodeDecodeError) as error:
		raise ValueError(f"not a frame: {error}") from None


def _read(data: bytes) -> Frame:
	if data[0] != VERSION or data[1] > REPLY:
		raise ValueError("unknown version or kind")
	frame, place = Frame(data[1]), 2
	while True:
		(kind,) = HEADER.unpack_from(data, place)
		place += HEADER.size
		if kind == END:
			return frame
		if kind == CUSTOM:
			name, place = _take(data, place)
			frame.custom[name.decode()], place = _read_value(data, place)
		elif kind in (STATUS, FLAG):
			(number,) = WORD.unpack_from(data, place)
			place += WORD.size
			if kind == STATUS:
				frame.status = number
			else:
				frame.flag = number
		elif kind in (PHRASE, TOKEN):
			raw, place = _take(data, place)
			if kind == TOKEN:
				frame.token = raw.decode()
			else:
				frame.phrase = raw.decode()
		else:
			raise ValueError(f"unknown header {kind}")


def _take(data: bytes, place: int) -> tuple[bytes, int]:
	(length,) = WORD.unpack_from(data, place)
	end = place + WORD.size + length
	if end > len(data):
		raise ValueError("cut off")
	return data[place + WORD.size : end], end


def _read_value(data: bytes, place: int) -> tuple[int | str | bytes | None, int]:
	kind, place = data[place], place + 1
	if kind == VOID:
		return None, place
	if kind in (TEXT, BYTES):
		raw, place = _take(data, place)
		return (raw.decode() if kind == TEXT else raw), place
	number = FIXED.get(LONG if kind == DATE else kind)
	if number is None:
		raise ValueError(f"unknown value {kind}")
	return number.unpack_from(data, place)[0], place + number.size
