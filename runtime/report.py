"""What the launcher says, and how it fails: a cause and a cure, never a traceback."""

import sys
import time
from contextlib import contextmanager


class Failure(Exception):
	"""A step can't go on. `cause` says what happened, `cure` what the user can do about it."""

	def __init__(self, cause: str, cure: str) -> None:
		super().__init__(cause)
		self.cause = cause
		self.cure = cure


def say(text: str = "") -> None:
	print(text, flush=True)


def complain(failure: Failure) -> None:
	"""Print cause and cure to standard error."""
	print(f"\n✗ {failure.cause}\n  What to do: {failure.cure}", file=sys.stderr, flush=True)


@contextmanager
def step(title: str):
	"""Name a step before it runs and say how long it took after. Failures pass through."""
	start = time.monotonic()
	print(f"• {title} …", end="", flush=True)
	try:
		yield
	except BaseException:
		print(" failed", flush=True)
		raise
	print(f" {time.monotonic() - start:.1f} s", flush=True)
