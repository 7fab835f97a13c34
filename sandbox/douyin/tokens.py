"""Douyin's token calls, which need no access token. Source: platforms.md 5.3.

A refresh more than an hour before the end gives the same tokens again; within the last hour it gives new ones
and the old pair lives one hour more; after the end the old pair is dead at once.
"""

from __future__ import annotations

from ..model import DOUYIN, Shop
from ..world import World
from .errors import DouyinError
from .orders import to_number
from .reading import read_text

HOUR_S = 3600


def create_tokens(world: World, app_key: str, args: dict) -> dict:
	"""For a code (`authorization_code`), or for a shop of the app's own team (`authorization_self`)."""
	kind = read_text(args, "grant_type")
	if kind == "authorization_code":
		shop = world.tokens.exchange_code(DOUYIN, app_key, str(args.get("code") or ""))
		if shop is None:
			raise _make_failed("code is unknown, used or too old")
		return render_tokens(world, shop)
	if kind != "authorization_self":
		raise _make_failed("grant_type is wrong")
	found = world.shops.get(str(args.get("shop_id") or ""))
	if found is None or found.platform != DOUYIN or found.app_key != app_key:
		raise _make_failed("shop_id is not a shop of this app")
	if found.is_revoked or found.is_closed:
		raise DouyinError(30001, "dop.authorization-closed", "the shop withdrew its authorisation")
	return render_tokens(world, _renew(world, found))


def refresh_tokens(world: World, app_key: str, args: dict) -> dict:
	"""By a refresh token that lives."""
	shop, wrong = world.tokens.check_refresh(DOUYIN, app_key, read_text(args, "refresh_token"))
	if shop is not None and (shop.is_revoked or shop.is_closed):
		raise DouyinError(30001, "dop.authorization-closed", "the shop withdrew its authorisation")
	if shop is None or wrong:
		raise _make_failed(f"refresh_token is {wrong}")
	return render_tokens(world, _renew(world, shop))


def _renew(world: World, shop: Shop) -> Shop:
	now = world.clock.now()
	left = shop.token_expires_at - now
	if left > HOUR_S:
		return shop
	old = (shop.access_token, shop.refresh_token)
	world.tokens.rotate(shop)
	if left > 0:
		shop.old_tokens.update(dict.fromkeys(old, now + HOUR_S))
	return shop


def render_tokens(world: World, shop: Shop) -> dict:
	"""`expires_in` is a span in seconds."""
	return {
		"access_token": shop.access_token,
		"refresh_token": shop.refresh_token,
		"expires_in": max(0, round(shop.token_expires_at - world.clock.now())),
		"scope": "SCOPE",
		"shop_id": to_number(shop.shop_id),
		"shop_name": shop.name,
		"authority_id": "",
		"auth_subject_type": "",
	}


def _make_failed(reason: str) -> DouyinError:
	return DouyinError(50001, "dop.token-generate-failed:1", reason)
