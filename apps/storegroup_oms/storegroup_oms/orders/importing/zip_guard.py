"""Refuses a workbook that would harm whoever unpacks it, before any part of it is parsed."""

from __future__ import annotations

import copy
import zipfile
import zlib
from typing import BinaryIO

from .errors import ImportFileError
from .reader import ReadLimits

_CHUNK = 256 * 1024
_ENCRYPTED = 0x1
_READ_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)


def check_workbook(stream: BinaryIO, limits: ReadLimits) -> None:
	"""Check an .xlsx container: number of parts, stated sizes and ratio, then the bytes that really come out.

	The directory of a zip file can lie, so every part is inflated once, in chunks, against the same limits,
	and compared with what the directory states. Raises ImportFileError.
	"""
	try:
		archive = zipfile.ZipFile(stream)
	except (*_READ_ERRORS, RuntimeError) as error:
		raise ImportFileError("xlsx_damaged") from error
	with archive:
		members = archive.infolist()
		_check_directory(members, limits)
		total = 0
		for member in members:
			total += _inflate(archive, member, limits, total)


def _check_directory(members: list[zipfile.ZipInfo], limits: ReadLimits) -> None:
	if len(members) > limits.max_members:
		raise ImportFileError("xlsx_too_many_parts", len(members), limits.max_members)
	names = [member.filename for member in members]
	if "[Content_Types].xml" not in names or len(set(names)) != len(names):
		raise ImportFileError("file_is_archive" if "[Content_Types].xml" not in names else "xlsx_damaged")
	for member in members:
		if member.flag_bits & _ENCRYPTED:
			raise ImportFileError("file_is_encrypted")
		if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
			raise ImportFileError("xlsx_unsafe_part", _short(member))
		_check_size(member, member.file_size, limits)
	unpacked = sum(member.file_size for member in members)
	packed = sum(member.compress_size for member in members)
	_check_total(unpacked, limits)
	if unpacked > limits.ratio_free_bytes and unpacked > packed * limits.max_ratio:
		raise ImportFileError("xlsx_ratio", limits.max_ratio)


def _inflate(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: ReadLimits, before: int) -> int:
	# zipfile cuts what it reads at the stated size; with a copy that states too much, the true size shows
	probe = copy.copy(member)
	probe.file_size = limits.max_unpacked_bytes + 1
	is_xml = member.filename.lower().endswith((".xml", ".rels", ".vml"))
	count = 0
	tail = b""
	try:
		with archive.open(probe) as part:
			while chunk := part.read(_CHUNK):
				if is_xml:
					_check_xml(member, tail + chunk, count == 0)
					tail = chunk[-16:]
				count += len(chunk)
				_check_total(before + count, limits)
				_check_size(member, count, limits)
				if count > limits.ratio_free_bytes and count > member.compress_size * limits.max_ratio:
					raise ImportFileError("xlsx_ratio", limits.max_ratio)
	except (*_READ_ERRORS, RuntimeError) as error:
		raise ImportFileError("xlsx_damaged") from error
	if count != member.file_size:
		raise ImportFileError("xlsx_size_lie", _short(member))
	return count


def _check_total(size: int, limits: ReadLimits) -> None:
	if size > limits.max_unpacked_bytes:
		raise ImportFileError("xlsx_too_large", limits.max_unpacked_bytes)


def _check_size(member: zipfile.ZipInfo, size: int, limits: ReadLimits) -> None:
	# the table of shared texts is the one part that has to be held in memory whole
	if member.filename.lower().endswith("sharedstrings.xml") and size > limits.max_shared_text_bytes:
		raise ImportFileError("xlsx_too_large", limits.max_shared_text_bytes)


def _check_xml(member: zipfile.ZipInfo, text: bytes, is_start: bool) -> None:
	"""No document type (entity bombs, outside references) and no encoding that would hide one."""
	if b"<!DOCTYPE" in text or b"<!ENTITY" in text or (is_start and b"\0" in text[:64]):
		raise ImportFileError("xlsx_unsafe_part", _short(member))


def _short(member: zipfile.ZipInfo) -> str:
	return member.filename[:80]
