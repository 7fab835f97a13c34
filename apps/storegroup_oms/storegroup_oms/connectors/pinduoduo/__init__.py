"""Pinduoduo: MD5-signed form calls, amounts in yuan, a message socket; never shows an unpaid order. Pure."""

from ..registry import Connector
from .client import PinduoduoClient
from .mapper import map_listing, map_order, map_refund
from .messages import PinduoduoMessages

CONNECTOR = Connector(
	platform="Pinduoduo",
	client=PinduoduoClient,
	map_order=map_order,
	map_refund=map_refund,
	map_listing=map_listing,
	messages=PinduoduoMessages,
)
