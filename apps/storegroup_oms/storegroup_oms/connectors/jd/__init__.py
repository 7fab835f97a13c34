"""JD by its open platform (JOS). It pushes nothing that we know of, so its shops are polled."""

from ..registry import Connector
from .client import JDClient
from .mapper import map_listing, map_order, map_refund

CONNECTOR = Connector(
	platform="JD",
	client=JDClient,
	map_order=map_order,
	map_refund=map_refund,
	map_listing=map_listing,
)
