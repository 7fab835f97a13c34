"""What opens a service that is no platform's. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Access:
	"""Kuaidi100: key and secret. KDNiao: EBusinessID and AppKey. `gateway_url` is empty for the service's own host."""

	app_key: str
	app_secret: str = field(repr=False)
	gateway_url: str = ""

	@property
	def secrets(self) -> tuple[str, ...]:
		"""What must never appear in a log, error or answer."""
		return (self.app_secret,) if self.app_secret else ()
