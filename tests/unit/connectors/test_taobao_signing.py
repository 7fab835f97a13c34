"""Taobao's signatures against the worked examples of the vendor's own tools."""

import pytest

from storegroup_oms.connectors.taobao.signing import sign, sign_connection

PARAMS = {
	"method": "taobao.trade.fullinfo.get",
	"app_key": "12345678",
	"session": "test",
	"timestamp": "2016-01-01 12:00:00",
	"format": "json",
	"v": "2.0",
	"fields": "tid,status",
	"tid": "11223344",
}


@pytest.mark.parametrize(
	("method", "signature"),
	[
		("md5", "E45840E3FDB7BFA0AD15325EC62D6D1D"),
		("hmac", "C31744E9460DA0454240EA38DCAA57D7"),
		("hmac-sha256", "5AECEAFF8BE4AB51C5C35DCECA46E26FC1326C398746F17126B027826649396A"),
	],
)
def test_worked_signatures(method, signature):
	assert sign({**PARAMS, "sign_method": method}, "helloworld", method) == signature


def test_chinese_is_signed_as_utf8():
	params = {**PARAMS, "fields": "tid", "tid": "1", "memo": "你好", "sign_method": "md5"}
	assert sign(params, "helloworld", "md5") == "E6CAA7F3A4D0E286C62022CF7D9AC21E"


def test_empty_values_and_the_signature_itself_are_left_out():
	padded = {**PARAMS, "sign_method": "md5", "memo": "", "sign": "OLD"}
	assert sign(padded, "helloworld", "md5") == "E45840E3FDB7BFA0AD15325EC62D6D1D"


def test_another_method_is_refused():
	with pytest.raises(ValueError, match="unknown sign_method sha1"):
		sign(PARAMS, "helloworld", "sha1")


def test_connection_to_the_message_service():
	signature = sign_connection("12345678", "default", "1400000000000", "helloworld")
	assert signature == "9F52EC260E7AD8A516F8E40DCEB77CC2"
