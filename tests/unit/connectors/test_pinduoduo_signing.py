"""The worked signatures of the vendor's page, and what each way of writing a value makes of them."""

import pytest

from storegroup_oms.connectors.pinduoduo.signing import make_socket_digest, sign, write_value

SECRET = "testSecret"
VENDOR_EXAMPLE = {
	"access_token": "asd78172s8ds9a921j9qqwda12312w1w21211",
	"client_id": "1",
	"data_type": "XML",
	"order_status": "1",
	"page": "1",
	"page_size": "10",
	"timestamp": "1480411125",
	"type": "pdd.order.number.list.get",
}
SECOND_EXAMPLE = {
	"type": "pdd.order.information.get",
	"client_id": "1",
	"access_token": "tok",
	"timestamp": "1700000000",
	"data_type": "JSON",
	"version": "V1",
	"order_sn": "231115-000000000000001",
}


@pytest.mark.parametrize(
	("params", "expected"),
	[
		(VENDOR_EXAMPLE, "E4DE3ED21002510DED352819E7AE6775"),
		(SECOND_EXAMPLE, "39BE16BE5D9450405EB8D5A8C8EE4AA2"),
	],
)
def test_worked_signatures(params, expected):
	assert sign(params, SECRET) == expected


def test_neither_order_nor_an_old_signature_matters():
	shuffled = dict(reversed(VENDOR_EXAMPLE.items())) | {"sign": "OLD"}
	assert sign(shuffled, SECRET) == "E4DE3ED21002510DED352819E7AE6775"


@pytest.mark.parametrize(
	("value", "expected"),
	[
		(True, "true"),
		(False, "false"),
		(12, "12"),
		("你好", "你好"),
		([{"tracking_number": "YT1", "note": "好"}], '[{"tracking_number":"YT1","note":"好"}]'),
	],
)
def test_values_are_written_as_they_are_signed(value, expected):
	assert write_value(value) == expected


def test_worked_socket_digest():
	assert make_socket_digest("1", 1700000000000, SECRET) == "YTBmOWNmNWJhYTRhNzNjODMxM2EzMzM3YmUxNzgwMDQ="
