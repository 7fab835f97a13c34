"""Whose workers take the jobs that this process starts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import frappe


class Stack(Protocol):
	"""Processes with workers of their own; `bench_id` names their job queues."""

	bench_id: str


@contextmanager
def use_queues(stack: Stack) -> Iterator[None]:
	"""Jobs that this process starts go to the stack's workers, and to nobody else's."""
	conf = frappe.local.conf
	before = conf.get("bench_id")
	conf["bench_id"] = stack.bench_id
	try:
		yield
	finally:
		conf["bench_id"] = before
		if before is None:
			del conf["bench_id"]
