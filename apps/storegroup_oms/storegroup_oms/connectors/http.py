"""HTTP to the platforms: time-out, bounded retry, rate gate and a record of every call. Pure: no Frappe.

Nothing here knows a platform: the client gives a function that builds (and signs) the request, which is called
anew for each attempt because signatures carry the time, and one that reads the answer and raises our errors.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol, TypeVar

import requests

from .errors import ConnectorError, RateLimitedError, RetryableError

TIMEOUT_S = (5, 20)  # to connect, to read
ATTEMPTS = 3
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
Result = TypeVar("Result")


@dataclass(frozen=True)
class CallRecord:
	"""One call as it is logged: never with parameters, tokens or payloads. `outcome` is OK or an error class."""

	api: str
	started_at: float
	duration_ms: int
	attempts: int
	outcome: str
	error_code: str = ""
	error_message: str = ""
	request_id: str = ""


class Gate(Protocol):
	"""Who may call now, across all workers."""

	def acquire(self, api: str) -> None:
		"""Return when one call may be made; raises RateLimitedError when that would take too long."""

	def pause(self, api: str, seconds: float) -> None:
		"""Let everybody with the same app key wait, because the platform said so."""


class OpenGate:
	"""A gate that never waits."""

	def acquire(self, api: str) -> None:
		return

	def pause(self, api: str, seconds: float) -> None:
		return


class Transport:
	"""Sends calls over one pool of connections. Safe for several threads.

	`secrets` are starred out of every error text. `sleep` and `clock` are there for tests.
	"""

	def __init__(
		self,
		gate: Gate | None = None,
		record: Callable[[CallRecord], None] | None = None,
		secrets: Iterable[str] = (),
		attempts: int = ATTEMPTS,
		sleep: Callable[[float], None] = time.sleep,
	) -> None:
		self.gate = gate or OpenGate()
		self.record = record or (lambda record: None)
		self.secrets = tuple(secrets)
		self.attempts = attempts
		self.sleep = sleep
		self.session = requests.Session()
		self.session.trust_env = False  # a proxy of the machine must not see the platforms' tokens
		adapter = requests.adapters.HTTPAdapter(pool_connections=8, pool_maxsize=16)
		self.session.mount("http://", adapter)
		self.session.mount("https://", adapter)

	def call(
		self, api: str, build: Callable[[], requests.Request], read: Callable[[requests.Response], Result]
	) -> Result:
		"""Make one call and return what `read` makes of the answer; recorded whatever becomes of it.

		Retryable failures are tried again, at most `attempts` times in all; a wait that the platform asks for
		is kept here when short and passed on to the caller as RateLimitedError when long.
		"""
		started_at, started = time.time(), time.monotonic()
		error: ConnectorError | None = None
		attempt = 0
		try:
			while True:
				attempt += 1
				try:
					self.gate.acquire(api)
					return read(self._send(build()))
				except RetryableError as failure:
					error = self._clean(failure)
					if attempt >= self.attempts or not self._wait(api, error, attempt):
						raise error from None
				except ConnectorError as failure:
					error = self._clean(failure)
					raise error from None
				error = None
		finally:
			self.record(
				CallRecord(
					api=api,
					started_at=started_at,
					duration_ms=round((time.monotonic() - started) * 1000),
					attempts=attempt,
					outcome=type(error).__name__ if error else "OK",
					error_code=error.code if error else "",
					error_message=error.message[:500] if error else "",
					request_id=error.request_id if error else "",
				)
			)

	def _send(self, request: requests.Request) -> requests.Response:
		try:
			response = self.session.send(
				self.session.prepare_request(request), timeout=TIMEOUT_S, allow_redirects=False
			)
		except requests.Timeout as error:
			raise RetryableError("timeout", "The platform did not answer in time.") from error
		except requests.RequestException as error:
			raise RetryableError("connection", type(error).__name__) from error
		if response.status_code == 429:
			raise RateLimitedError("http_429", "Too many calls.", retry_after_s=read_retry_after(response))
		if response.status_code >= 500:
			raise RetryableError(
				f"http_{response.status_code}",
				"The platform answered with a fault.",
				retry_after_s=read_retry_after(response),
			)
		return response

	def _wait(self, api: str, error: RetryableError, attempt: int) -> bool:
		"""Wait before the next attempt; False when the wait is too long to be kept here."""
		pause_s = error.retry_after_s
		if isinstance(error, RateLimitedError):
			pause_s = pause_s or FIRST_PAUSE_S * 2**attempt
			self.gate.pause(api, pause_s)
		if pause_s is None:
			pause_s = FIRST_PAUSE_S * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)
		if pause_s > LONGEST_PAUSE_S:
			return False
		self.sleep(pause_s)
		return True

	def _clean(self, error: ConnectorError) -> ConnectorError:
		error.message = scrub(error.message, self.secrets)
		error.args = (f"{error.code}: {error.message}",)
		return error


def scrub(text: str, secrets: Iterable[str]) -> str:
	"""The text with every secret starred out."""
	for secret in secrets:
		text = text.replace(secret, "***")
	return text


def read_retry_after(response: requests.Response) -> float | None:
	"""Seconds in a Retry-After header; None without one or when it holds a date."""
	text = response.headers.get("Retry-After", "")
	return float(text) if text.isdigit() else None


def parse_json(response: requests.Response) -> Any:
	"""The answer's JSON with exact numbers (fractions as Decimal). A broken text is a RetryableError."""
	try:
		return json.loads(response.content, parse_float=Decimal)
	except ValueError as error:
		raise RetryableError("broken_answer", "The platform's answer is not complete JSON.") from error
