"""Douyin's worked signatures, and the vendor package doudian as an independent judge of them."""

import doudian
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storegroup_oms.connectors.douyin.signing import make_event_sign, sign, write_params

SECRET = "dd-secret"
PARAMS = {"size": 10, "page": 0, "update_time_start": 1700000000, "update_time_end": 1700001800}
BODY = b'[{"tag":"0","msg_id":"0","data":"2024-01-01"}]'


@pytest.fixture(scope="module")
def judge():
	# A tool's app without a code asks for no token, so nothing leaves the machine.
	return doudian.DouDian("123456", SECRET, app_type=doudian.AppType.TOOL)


def test_worked_signature():
	text = write_params(PARAMS)
	assert text == '{"page":0,"size":10,"update_time_end":1700001800,"update_time_start":1700000000}'
	assert (
		sign("123456", SECRET, "order.searchList", text, "1700001900")
		== "b6fbbf5e4ca92ef3ab88169ccb355a17e3a8686a14f877ee125834638c30f453"
	)


def test_worked_event_sign():
	assert make_event_sign("123456", BODY, SECRET) == "e8010b98a4e404dc8a598e35933aa4e5"


@pytest.mark.parametrize(
	("params", "expected"),
	[
		({}, "{}"),
		({"b": {"z": 1, "a": [{"d": 1, "c": 2}]}, "a": True}, '{"a":true,"b":{"a":[{"c":2,"d":1}],"z":1}}'),
		({"text": "<好&>"}, '{"text":"<好&>"}'),
	],
)
def test_params_are_sorted_at_every_level_and_not_escaped(params, expected):
	assert write_params(params) == expected


@given(text=st.text(max_size=40), method=st.sampled_from(["order.searchList", "sku.syncStock"]))
def test_vendor_package_signs_alike(judge, text, method):
	param_json = write_params({"text": text.encode(errors="ignore").decode()})
	assert sign("123456", SECRET, method, param_json, "1700001900") == judge._sign(
		method, param_json, "1700001900"
	)


def test_vendor_package_accepts_our_event_sign(judge):
	headers = {"app-id": "123456", "event-sign": make_event_sign("123456", BODY, SECRET)}
	assert judge.callback(headers, BODY) == [{"tag": "0", "msg_id": "0", "data": "2024-01-01"}]
