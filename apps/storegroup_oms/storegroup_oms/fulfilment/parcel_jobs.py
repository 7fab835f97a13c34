"""Steps of very many parcels in the background: chunk by chunk, each its own transaction, the person told all the while."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

import frappe

from storegroup_oms.fulfilment import steps
from storegroup_oms.fulfilment.steps import Done
from storegroup_oms.transactions import run_in_latest

CHUNK = 50
PROGRESS_EVENT = "parcel_progress"
STEPS: Mapping[str, Callable[[Sequence[str]], Done]] = MappingProxyType(
	{
		"pick": steps.mark_picked,
		"verify": steps.mark_verified,
		"ship": steps.mark_shipped,
		"undo_print": steps.undo_print,
		"undo_verify": steps.undo_verify,
	}
)


def enqueue(step: str, names: Sequence[str]) -> None:
	"""Have a worker take the step, in the name of the session's user."""
	frappe.enqueue(
		"storegroup_oms.fulfilment.parcel_jobs.run",
		queue="default",
		timeout=1500,
		step=step,
		names=list(names),
	)


def run(step: str, names: Sequence[str]) -> Done:
	"""Take a step of `STEPS` with parcels; commits after each chunk, so that a killed worker loses one at most.

	The session's user gets a realtime event `PROGRESS_EVENT` after each: {step, done, total, names, refused}, where
	names and refused are those of the chunk.
	"""
	result = Done()
	for start in range(0, len(names), CHUNK):
		chunk = names[start : start + CHUNK]
		done = run_in_latest(partial(STEPS[step], chunk))
		result.names += done.names
		result.refused |= done.refused
		message = {
			"step": step,
			"done": start + len(chunk),
			"total": len(names),
			"names": done.names,
			"refused": done.refused,
		}
		frappe.publish_realtime(PROGRESS_EVENT, message, user=frappe.session.user)
	return result
