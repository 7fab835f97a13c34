"""Apps and their shops' access tokens: made, looked up, expired, rotated."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from .model import App, Refusal, Shop

if TYPE_CHECKING:
	from .world import World

DAY_S = 86400.0
TOKEN_LIFE_S = {"Taobao": 30 * DAY_S, "JD": 365 * DAY_S, "Pinduoduo": DAY_S, "Douyin": 7 * DAY_S}
REFRESH_LIFE_S = {"Taobao": 60 * DAY_S, "JD": 365 * DAY_S, "Pinduoduo": 30 * DAY_S, "Douyin": 14 * DAY_S}


class Tokens:
	"""Every token that was given out and whose it is; dead ones are kept so that they answer "expired"."""

	def __init__(self, world: World) -> None:
		self.world = world
		self.access: dict[str, Shop] = {}
		self.refresh: dict[str, Shop] = {}
		self.codes: dict[str, tuple[Shop, float]] = {}

	def clear(self) -> None:
		self.access.clear()
		self.refresh.clear()
		self.codes.clear()

	def ensure_app(self, platform: str, app_key: str = "", app_secret: str = "") -> App:
		"""The named app, made when it is new; without a name the platform's first."""
		apps = self.world.apps
		if not app_key:
			for (of, _), app in apps.items():
				if of == platform:
					return app
			app_key = str(10_000_000 + secrets.randbelow(89_999_999))
		app = apps.get((platform, app_key))
		if app is None:
			app = apps[platform, app_key] = App(platform, app_key, app_secret or secrets.token_hex(16))
			self.world.mark("app", f"{platform}/{app_key}", app)
		elif app_secret and app.app_secret != app_secret:
			raise Refusal("app_exists", f"{app_key} has another secret")
		return app

	def find_app(self, platform: str, app_key: str) -> App | None:
		return self.world.apps.get((platform, app_key))

	def make_shop(
		self,
		shop_id: str,
		platform: str,
		name: str,
		number: int,
		app: App,
		life_s: float,
		refresh_life_s: float,
	) -> Shop:
		now = self.world.clock.now()
		life_s, refresh_life_s = life_s or TOKEN_LIFE_S[platform], refresh_life_s or REFRESH_LIFE_S[platform]
		return Shop(
			shop_id=shop_id,
			platform=platform,
			name=name,
			number=number,
			app_key=app.app_key,
			app_secret=app.app_secret,
			access_token=make_token(),
			refresh_token=make_token(),
			token_expires_at=now + life_s,
			refresh_expires_at=now + refresh_life_s,
			token_life_s=life_s,
			refresh_life_s=refresh_life_s,
		)

	def add(self, shop: Shop) -> None:
		for token in (shop.access_token, *shop.old_tokens):
			self.access[token] = shop
		for token in (shop.refresh_token, *shop.old_tokens):
			self.refresh[token] = shop

	def find_shop(self, platform: str, token: str) -> Shop | None:
		"""The shop that an access token was given for, be it dead or alive."""
		shop = self.access.get(token)
		return shop if shop and shop.platform == platform else None

	def check(self, platform: str, app_key: str, token: str) -> tuple[Shop | None, str]:
		"""The shop and what is wrong with its access token: "" (all well), unknown, expired or foreign_app."""
		shop = self.find_shop(platform, token)
		if shop is None:
			return None, "unknown"
		if shop.app_key != app_key:
			return shop, "foreign_app"
		expires_at = shop.token_expires_at if token == shop.access_token else shop.old_tokens.get(token, 0)
		is_dead = shop.is_revoked or shop.is_closed or self.world.clock.now() >= expires_at
		return shop, "expired" if is_dead else ""

	def check_refresh(self, platform: str, app_key: str, token: str) -> tuple[Shop | None, str]:
		"""Likewise for a refresh token."""
		shop = self.refresh.get(token)
		if shop is None or shop.platform != platform:
			return None, "unknown"
		if shop.app_key != app_key:
			return shop, "foreign_app"
		expires_at = shop.refresh_expires_at if token == shop.refresh_token else shop.old_tokens.get(token, 0)
		is_dead = shop.is_revoked or shop.is_closed or self.world.clock.now() >= expires_at
		return shop, "expired" if is_dead else ""

	def rotate(self, shop: Shop, keep_old_s: float = 0, keeps_refresh: bool = False) -> Shop:
		"""New tokens; the old pair dies at once or lives `keep_old_s` more. `keeps_refresh` leaves the refresh
		token and its end as they are.
		"""
		now = self.world.clock.now()
		shop.old_tokens[shop.access_token] = min(now + keep_old_s, shop.token_expires_at)
		shop.access_token = make_token()
		shop.token_expires_at = now + shop.token_life_s
		if not keeps_refresh:
			shop.old_tokens[shop.refresh_token] = min(now + keep_old_s, shop.refresh_expires_at)
			shop.refresh_token = make_token()
			shop.refresh_expires_at = now + shop.refresh_life_s
		shop.is_revoked = False
		self.add(shop)
		self.world.mark("shop", shop.shop_id, shop)
		return shop

	def expire(self, shop: Shop) -> None:
		"""The access token is dead from now on; the refresh token lives."""
		shop.token_expires_at = min(shop.token_expires_at, self.world.clock.now())
		for token in shop.old_tokens:
			shop.old_tokens[token] = 0.0
		self.world.mark("shop", shop.shop_id, shop)

	def revoke(self, shop: Shop) -> None:
		"""The seller withdrew the authorisation: both tokens are dead until a new code is exchanged."""
		shop.is_revoked = True
		self.world.mark("shop", shop.shop_id, shop)

	def make_code(self, shop: Shop, life_s: float = 600) -> str:
		"""A code as the platform's consent page gives it; good once."""
		code = secrets.token_hex(12)
		self.codes[code] = (shop, self.world.clock.now() + life_s)
		return code

	def exchange_code(self, platform: str, app_key: str, code: str) -> Shop | None:
		"""New tokens for a code; None when it is unknown, used, too old or another app's."""
		shop, ends_at = self.codes.get(code, (None, 0.0))
		if shop is None or shop.platform != platform or shop.app_key != app_key:
			return None
		del self.codes[code]
		return self.rotate(shop) if self.world.clock.now() < ends_at else None


def make_token() -> str:
	return secrets.token_hex(24)
