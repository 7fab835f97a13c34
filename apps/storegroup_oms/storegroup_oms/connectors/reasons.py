"""Why a payload could not become an order: codes of `MappingError`, each with its meaning and what to do."""

from types import MappingProxyType

MAPPING_REASONS: MappingProxyType[str, str] = MappingProxyType(
	{
		"field_missing": "The platform left out a field that every order has. Replay later; if it stays, tell the platform.",
		"field_invalid": "A field holds something that it can't hold. Correct it on the platform, then replay.",
		"money_invalid": "An amount is no amount. Check the order on the platform, then replay.",
		"money_mismatch": "The lines don't add up to the order. Check the discounts on the platform, then replay.",
		"time_invalid": "A time can't be read. Check the order on the platform, then replay.",
		"status_unknown": "The platform uses a status that this version doesn't know. Update the product, then replay.",
		"no_lines": "The order has no goods. Check the order on the platform, then replay.",
		"too_long": "A number or address is longer than a parcel label can carry. Shorten it on the platform, then replay.",
	}
)
