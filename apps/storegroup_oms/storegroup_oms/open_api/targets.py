"""Calling an address that a user typed in: which may be called, and one signed POST to it. Pure: no Frappe.

The name is resolved once, every answer is judged, and the connection goes to the address that was judged, so
that a name which changes its mind in between leads nowhere. Redirects are answers, not orders.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import certifi
import urllib3

TIMEOUT_S = 10.0
SIGNATURE_PREFIX = "sha256="
_LOCAL_NAMES = (".localhost", ".local", ".internal", ".localdomain")
_TRANSLATED = (
	(ipaddress.ip_network("64:ff9b::/96"), 96),
	(ipaddress.ip_network("2002::/16"), 16),
)


class TargetRefusedError(ValueError):
	"""The address must not be called. Its text names no query string and no password."""


@dataclass(frozen=True)
class Outcome:
	"""What became of one call. `status` is None without an answer; `error` is short and holds no secret."""

	status: int | None
	error: str
	duration_ms: int
	retry_after_s: int | None = None
	is_refused: bool = False

	@property
	def is_delivered(self) -> bool:
		return self.status is not None and 200 <= self.status < 300


def make_signature(secret: str, timestamp: int, body: bytes) -> str:
	"""`sha256=` and the hex HMAC-SHA256 of "<timestamp>.<body>" under the secret."""
	digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
	return SIGNATURE_PREFIX + digest.hexdigest()


def check_url(url: str, allow_private: bool) -> SplitResult:
	"""The parts of a callable address. Resolves no name. Raises TargetRefusedError."""
	try:
		parts = urlsplit(url)
		port = parts.port
	except ValueError as error:
		raise TargetRefusedError("the address can't be read") from error
	if parts.scheme not in ("https", "http") or not parts.hostname or re.search(r"[\s\\]", url):
		raise TargetRefusedError("the address is not an http or https address")
	if parts.username is not None or parts.password is not None:
		raise TargetRefusedError("the address carries a user name or password")
	if port == 0:
		raise TargetRefusedError("the address has no usable port")
	if allow_private:
		return parts
	if parts.scheme != "https":
		raise TargetRefusedError("the address is not https")
	host = parts.hostname.rstrip(".")
	if host == "localhost" or host.endswith(_LOCAL_NAMES):
		raise TargetRefusedError("the address is not public")
	try:
		literal = ipaddress.ip_address(host)
	except ValueError:
		return parts
	if not is_public(str(literal)):
		raise TargetRefusedError("the address is not public")
	return parts


def is_public(address: str) -> bool:
	"""True for an IP address on the internet; addresses that wrap an IPv4 one are judged by that one."""
	ip = ipaddress.ip_address(address.partition("%")[0])
	if isinstance(ip, ipaddress.IPv6Address):
		if ip.ipv4_mapped:
			return is_public(str(ip.ipv4_mapped))
		for network, start in _TRANSLATED:
			if ip in network:
				return is_public(str(ipaddress.IPv4Address(int(ip) >> (96 - start) & 0xFFFFFFFF)))
	return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def resolve(host: str, port: int, allow_private: bool) -> str:
	"""One IP address of a host, after all of them were judged.

	Raises TargetRefusedError when one isn't public, OSError when the name can't be resolved.
	"""
	found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
	addresses = [str(row[4][0]) for row in found]
	if not allow_private and not all(is_public(address) for address in addresses):
		raise TargetRefusedError("the address is not public")
	return addresses[0]


def send(
	url: str, body: bytes, headers: Mapping[str, str], allow_private: bool, timeout_s: float = TIMEOUT_S
) -> Outcome:
	"""POST the body once. Follows no redirect, reads no answer body, uses no proxy, never raises."""
	started = time.monotonic()
	try:
		status, answer = _post(url, body, headers, allow_private, timeout_s)
	except TargetRefusedError as error:
		return Outcome(None, f"refused: {error}", _since(started), is_refused=True)
	except urllib3.exceptions.SSLError:
		return Outcome(None, "TLS certificate or handshake", _since(started))
	except urllib3.exceptions.NewConnectionError:
		# A kind of time-out to some versions of urllib3.
		return Outcome(None, "connection: not accepted", _since(started))
	except (urllib3.exceptions.TimeoutError, TimeoutError):
		return Outcome(None, "timeout", _since(started))
	except socket.gaierror:
		return Outcome(None, "unknown host", _since(started))
	except (urllib3.exceptions.HTTPError, OSError) as error:
		# The error's own text names the whole address, query string included.
		return Outcome(None, f"connection: {type(error).__name__}", _since(started))
	error_text = "" if 200 <= status < 300 else f"HTTP {status}"
	return Outcome(status, error_text, _since(started), _read_retry_after(answer))


def _post(
	url: str, body: bytes, headers: Mapping[str, str], allow_private: bool, timeout_s: float
) -> tuple[int, Mapping[str, str]]:
	parts = check_url(url, allow_private)
	host = str(parts.hostname)
	port = parts.port or (443 if parts.scheme == "https" else 80)
	address = resolve(host, port, allow_private)
	timeout = urllib3.Timeout(total=timeout_s)
	if parts.scheme == "https":
		pool: urllib3.HTTPConnectionPool = urllib3.HTTPSConnectionPool(
			address,
			port,
			timeout=timeout,
			server_hostname=host,
			assert_hostname=host,
			cert_reqs="CERT_REQUIRED",
			ca_certs=certifi.where(),
		)
	else:
		pool = urllib3.HTTPConnectionPool(address, port, timeout=timeout)
	path = urllib3.util.parse_url(url).request_uri
	host_header = parts.netloc.rpartition("@")[2]
	with pool:
		answer = pool.urlopen(
			"POST",
			path,
			body=body,
			headers={"Host": host_header, **headers},
			retries=False,
			redirect=False,
			preload_content=False,
		)
		try:
			return answer.status, answer.headers
		finally:
			answer.close()


def _since(started: float) -> int:
	return round((time.monotonic() - started) * 1000)


def _read_retry_after(headers: Mapping[str, str]) -> int | None:
	text = headers.get("Retry-After", "")
	return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
