"""JD's published example and one of our own, computed with an SDK. Source: platforms.md 9."""

from sandbox.jd.signing import make_sign

SECRET = "yourappSecret"


def test_the_vendors_published_example_is_reproduced() -> None:
	params = {
		"app_key": "yourappkey",
		"access_token": "yourtoken",
		"method": "jingdong.pop.order.search",
		"timestamp": "2021-05-07 09:20:39.683+0800",
		"v": "2.0",
		"360buy_param_json": '{"end_date":null,"optional_fields":null,"order_state":"WAIT_SELLER_STOCK_OUT",'
		'"page":"1","page_size":"200","start_date":null}',
	}
	assert make_sign(SECRET, params) == "D70825340F4084360B9362B60DFD7930"
	assert make_sign(SECRET, {**params, "sign": "anything"}) == "D70825340F4084360B9362B60DFD7930"


def test_a_second_call_has_its_own_signature() -> None:
	params = {
		"app_key": "yourappkey",
		"access_token": "yourtoken",
		"method": "jingdong.pop.order.get",
		"timestamp": "2024-01-02 03:04:05",
		"v": "2.0",
		"360buy_param_json": '{"order_id":"1","optional_fields":"orderId"}',
	}
	assert make_sign(SECRET, params) == "B3999D9F6F83AA98A86BC60840A38C94"
