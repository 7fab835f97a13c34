"""Pinduoduo's published example, a second call and the message socket. Source: platforms.md 9."""

from sandbox.pinduoduo.signing import make_sign, make_socket_digest, to_signed_text

SECRET = "testSecret"


def test_the_vendors_published_example_is_reproduced() -> None:
	params = {
		"access_token": "asd78172s8ds9a921j9qqwda12312w1w21211",
		"client_id": "1",
		"data_type": "XML",
		"order_status": "1",
		"page": "1",
		"page_size": "10",
		"timestamp": "1480411125",
		"type": "pdd.order.number.list.get",
	}
	assert make_sign(SECRET, params) == "E4DE3ED21002510DED352819E7AE6775"
	numbers = {**params, "order_status": 1, "page": 1, "page_size": 10, "timestamp": 1480411125}
	assert make_sign(SECRET, {**numbers, "sign": "X"}) == "E4DE3ED21002510DED352819E7AE6775"


def test_a_second_call_has_its_own_signature() -> None:
	params = {
		"type": "pdd.order.information.get",
		"client_id": "1",
		"access_token": "tok",
		"timestamp": "1700000000",
		"data_type": "JSON",
		"version": "V1",
		"order_sn": "231115-000000000000001",
	}
	assert make_sign(SECRET, params) == "39BE16BE5D9450405EB8D5A8C8EE4AA2"


def test_the_sockets_digest_is_base64_of_the_hex() -> None:
	assert make_socket_digest("1", "1700000000000", SECRET) == "YTBmOWNmNWJhYTRhNzNjODMxM2EzMzM3YmUxNzgwMDQ="


def test_members_of_a_json_body_are_signed_as_json() -> None:
	assert to_signed_text(True) == "true"
	assert to_signed_text(12) == "12"
	assert to_signed_text({"a": [1, "你"]}) == '{"a":[1,"你"]}'
