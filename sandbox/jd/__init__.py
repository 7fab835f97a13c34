"""JD as it is seen from outside: HTTP only; JD has no push channel that we know of."""

from .gateway import add_routes
from .orders import get_status

__all__ = ["add_routes", "get_status"]
