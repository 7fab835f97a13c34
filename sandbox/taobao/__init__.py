"""Taobao and Tmall as they are seen from outside: the router, the OAuth host, the message socket."""

from .gateway import add_routes
from .tmc import forge_push, run_push
from .trades import get_status

__all__ = ["add_routes", "forge_push", "get_status", "run_push"]
