"""JD's signatures against the vendor's published example and its own SDK."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jd.api.base import sign as sign_by_vendor

from storegroup_oms.connectors.jd.signing import sign

SECRET = "yourappSecret"
PARAMS = {"app_key": "yourappkey", "access_token": "yourtoken", "v": "2.0"}
LATIN = st.text(st.characters(codec="ascii"), min_size=1, max_size=12)


@pytest.mark.parametrize(
	("params", "signature"),
	[
		(
			{
				"method": "jingdong.pop.order.search",
				"timestamp": "2021-05-07 09:20:39.683+0800",
				"360buy_param_json": '{"end_date":null,"optional_fields":null,'
				'"order_state":"WAIT_SELLER_STOCK_OUT","page":"1","page_size":"200","start_date":null}',
			},
			"D70825340F4084360B9362B60DFD7930",
		),
		(
			{
				"method": "jingdong.pop.order.get",
				"timestamp": "2024-01-02 03:04:05",
				"360buy_param_json": '{"order_id":"1","optional_fields":"orderId"}',
			},
			"B3999D9F6F83AA98A86BC60840A38C94",
		),
	],
)
def test_worked_signatures(params, signature):
	assert sign({**PARAMS, **params}, SECRET) == signature
	assert sign({**PARAMS, **params, "sign": "OLD"}, SECRET) == signature


@given(st.dictionaries(LATIN.filter(lambda name: name != "sign"), LATIN, max_size=6), LATIN)
def test_the_vendor_signs_alike(params, secret):
	assert sign(params, secret) == sign_by_vendor(secret, params)


def test_chinese_is_signed_as_utf8():
	assert sign({"a": "中"}, "s") == hashlib.md5(b"sa\xe4\xb8\xads").hexdigest().upper()
