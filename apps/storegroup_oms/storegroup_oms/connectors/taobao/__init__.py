"""Taobao and Tmall, by their open platform (TOP) and its message service (TMC)."""

from ..registry import Connector
from .client import TaobaoClient
from .mapper import map_listing, map_order, map_refund
from .messages import TaobaoMessages

CONNECTOR = Connector(
	platform="Taobao",
	client=TaobaoClient,
	map_order=map_order,
	map_refund=map_refund,
	map_listing=map_listing,
	messages=TaobaoMessages,
)
