"""The worked signatures of Kuaidi100 and KDNiao."""

from storegroup_oms.couriers import kdniao_form
from storegroup_oms.couriers.waybills import kuaidi100


def test_kuaidi100_label():
	signature = kuaidi100.sign('{"kuaidicom":"yuantong"}', "1700000000000", "key1", "secret1")
	assert signature == "77FBAA5527BB900A509B2F63825965F3"


def test_kdniao():
	signature = kdniao_form.sign('{"LogisticCode": "YT123456789", "ShipperCode": "YTO"}', "kdn-key")
	assert signature == "OTg3NDU4ZjNhMTZhMDExYmJkMjk1YzNlZTQ0NDJjZGI="
