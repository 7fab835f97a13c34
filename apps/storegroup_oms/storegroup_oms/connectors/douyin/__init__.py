"""Douyin shop: HMAC-signed JSON calls, amounts in fen, signed webhooks. Pure."""

from ..registry import Connector
from .client import DouyinClient
from .mapper import map_listing, map_order, map_refund
from .webhook import read_webhook

CONNECTOR = Connector(
	platform="Douyin",
	client=DouyinClient,
	map_order=map_order,
	map_refund=map_refund,
	map_listing=map_listing,
	read_webhook=read_webhook,
)
