"""Starting the connectors' jobs: a wake-up flag in Redis keeps a flood of causes from becoming a flood of jobs.

Nothing depends on a wake-up: what is due is found again by `runner.tick`.
"""

from contextlib import suppress

import frappe
import redis

from storegroup_oms.connectors.gate import get_redis

WAKE_LIFE_S = 15
JOBS = {
	"pull": ("storegroup_oms.connectors.runner.pull_shop", "default"),
	"backfill": ("storegroup_oms.connectors.runner.fill_back", "long"),
	"inbox": ("storegroup_oms.connectors.runner.work_inbox", "short"),
	"token": ("storegroup_oms.connectors.runner.refresh_token", "short"),
	"recheck": ("storegroup_oms.connectors.runner.recheck_shop", "long"),
	"listings": ("storegroup_oms.connectors.runner.refresh_listings", "long"),
	"access": ("storegroup_oms.connectors.runner.prove_access", "short"),
	"stock": ("storegroup_oms.connectors.runner.bring_stock", "short"),
	"confirm": ("storegroup_oms.connectors.runner.confirm_shipments", "short"),
	"stock_check": ("storegroup_oms.connectors.runner.check_stock", "default"),
}


def wake(shop: str, kind: str, after_commit: bool = True, **arguments) -> bool:
	"""Start a job for a shop after commit, unless one was asked for a moment ago; True when this call did.

	An empty shop stands for a job that works for all of them.
	"""
	with suppress(redis.RedisError):
		if not get_redis().set(_get_key(shop, kind), "1", nx=True, ex=WAKE_LIFE_S):
			return False
	method, queue = JOBS[kind]
	if shop:
		arguments["shop"] = shop
	frappe.enqueue(method, queue=queue, timeout=900, enqueue_after_commit=after_commit, **arguments)
	return True


def sleep_again(shop: str, kind: str) -> None:
	"""From now on a new wake-up starts a new job; what this job will still find is none of its business."""
	with suppress(redis.RedisError):
		get_redis().delete(_get_key(shop, kind))


def _get_key(shop: str, kind: str) -> str:
	return f"oms:wake:{frappe.local.site}:{kind}:{shop}"
