"""What the connectors' tests share: recorded payloads (all invented), an account and a clock that stands."""

import json
from copy import deepcopy
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import strategies as st

from storegroup_oms.connectors.base import Account
from storegroup_oms.connectors.http import Transport

PAYLOADS = Path(__file__).parents[3] / "fixtures" / "payloads"
NOW = datetime(2026, 11, 24, 14, 0, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
SECRET, TOKEN, REFRESH_TOKEN = "app-secret-of-tests", "session-token-of-tests", "refresh-token-of-tests"


@pytest.fixture(scope="session")
def load_payload():
	def load(name: str) -> dict:
		"""A fresh copy of fixtures/payloads/NAME.json, numbers exact as in a real answer."""
		return json.loads((PAYLOADS / f"{name}.json").read_text(), parse_float=Decimal)

	return load


@pytest.fixture
def now():
	return NOW


@pytest.fixture
def calls():
	"""The records of every call that a client of `make_client` makes."""
	return []


@pytest.fixture
def make_client(calls):
	def make(kind, **changes):
		"""A client of one attempt per call, unless `attempts` says more; waits are not waited."""
		attempts = changes.pop("attempts", 1)
		values = {
			"shop": "Test Shop",
			"platform_shop_id": "90001",
			"app_key": "123456",
			"app_secret": SECRET,
			"session_token": TOKEN,
			"refresh_token": REFRESH_TOKEN,
		}
		account = Account(**{**values, **changes})
		transport = Transport(
			record=calls.append, secrets=account.secrets, attempts=attempts, sleep=lambda seconds: None
		)
		return kind(account, transport, lambda: NOW)

	return make


@pytest.fixture(scope="session")
def mangle():
	return _mangle


JUNK = st.one_of(
	st.none(),
	st.booleans(),
	st.integers(),
	st.floats(),
	st.decimals(),
	st.text(max_size=12),
	st.sampled_from(["", "0", "-1", "1,2x", "x" * 700, "2026-02-30 10:00:00", [], {}, [None], {"a": 1}]),
).map(deepcopy)  # a list that is junk twice would come to hold itself


def _mangle(payload: dict, draw) -> dict:
	"""The payload (changed in place) with one to three of its fields, at any depth, dropped or turned into junk."""
	for _turn in range(draw(st.integers(1, 3))):
		places = list(_list_places(payload))
		if not places:
			break
		holder, key = places[draw(st.integers(0, len(places) - 1))]
		if isinstance(holder, dict) and draw(st.booleans()):
			del holder[key]
		else:
			holder[key] = draw(JUNK)
	return payload


def _list_places(value: object):
	"""(container, key) of every field below the value."""
	items = value.items() if isinstance(value, dict) else enumerate(value)
	for key, child in list(items):
		yield value, key
		if isinstance(child, dict | list):
			yield from _list_places(child)
