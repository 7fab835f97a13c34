"""The platforms that can be connected; a fifth one is a folder and a line here. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ..orders.canonical import CanonicalOrder, CanonicalRefund
from .base import Limits, ListingFacts, MessageProtocol, Payload, PlatformClient, PushMessage

PLATFORMS = {
	"Taobao": "taobao",
	"JD": "jd",
	"Pinduoduo": "pinduoduo",
	"Douyin": "douyin",
}


@dataclass(frozen=True)
class Connector:
	"""All that one platform offers. `messages` and `read_webhook` are None where the platform has no such push.

	`read_webhook(headers with lower-case names, raw body, {app key: app secret})` raises SignatureError.
	"""

	platform: str
	client: type[PlatformClient]
	map_order: Callable[[Payload], CanonicalOrder]
	map_refund: Callable[[Payload], CanonicalRefund]
	map_listing: Callable[[Payload], list[ListingFacts]]
	messages: type[MessageProtocol] | None = None
	read_webhook: Callable[[Any, bytes, Any], list[PushMessage]] | None = None

	@property
	def limits(self) -> Limits:
		return self.client.limits


def get_connector(platform: str) -> Connector:
	"""The connector of a platform; KeyError for one without (Manual)."""
	return import_module(f".{PLATFORMS[platform]}", __package__).CONNECTOR


def has_connector(platform: str) -> bool:
	return platform in PLATFORMS
