"""Worked signatures of a call and of a pushed message. Source: platforms.md 9."""

from sandbox.douyin.signing import make_event_sign, make_sign

CALL = {
	"secret": "dd-secret",
	"app_key": "123456",
	"method": "order.searchList",
	"param_json": '{"page":0,"size":10,"update_time_end":1700001800,"update_time_start":1700000000}',
	"timestamp": "1700001900",
	"v": "2",
}


def test_a_call_signed_with_hmac() -> None:
	expected = "b6fbbf5e4ca92ef3ab88169ccb355a17e3a8686a14f877ee125834638c30f453"
	assert make_sign(**CALL, sign_method="hmac-sha256") == expected


def test_without_a_method_the_signature_is_md5() -> None:
	assert make_sign(**CALL, sign_method="md5") == "a3ec15c0de1af7404119302904be30ec"
	assert make_sign(**CALL, sign_method="") == "a3ec15c0de1af7404119302904be30ec"


def test_a_pushed_message_is_signed_over_its_body() -> None:
	body = b'[{"tag":"0","msg_id":"0","data":"2024-01-01"}]'
	assert make_event_sign("123456", body, "dd-secret") == "e8010b98a4e404dc8a598e35933aa4e5"
