"""Our clients of the tracking services against a program that shares no code with them."""

import pytest

from storegroup_oms.connectors.errors import CredentialError, RefusedError
from storegroup_oms.connectors.http import Transport
from storegroup_oms.couriers.tracking.kdniao import KDNiaoClient
from storegroup_oms.couriers.tracking.kuaidi100 import Kuaidi100Client
from storegroup_oms.couriers.tracking.wording import find_code

CLIENTS = {"Kuaidi100": Kuaidi100Client, "KDNiao": KDNiaoClient}
MEANING = {
	"accepted": "Accepted",
	"picked_up": "Picked Up",
	"departed": "Departed",
	"arrived": "Arrived",
	"out": "Out for Delivery",
	"signed": "Delivered",
	"refused": "Refused",
	"returning": "Returning",
	"returned": "Returned",
	"wrong_address": "Wrong Address",
	"damaged": "Damaged",
}


def make_client(sandbox, provider: str, key: str = ""):
	account = sandbox.control("GET", "tracking")["accounts"][provider]
	return CLIENTS[provider](account["customer"], key or account["key"], Transport(), sandbox.url)


@pytest.mark.parametrize("provider", CLIENTS)
def test_every_scan_of_every_fate_is_understood(sandbox, provider):
	company = f"any{provider.lower()}"
	fates = ["", "refused", "wrong_address", "damaged", "silent_delivery", "stall"]
	rows = [
		{"company": company, "number": f"NUMBER{index}", "fault": fate, "shipped_at": 1_700_000_000}
		for index, fate in enumerate(fates)
	]
	sandbox.control("POST", "parcels", parcels=rows)
	truth = {
		row["number"]: row
		for row in sandbox.control("GET", "parcels")["parcels"]
		if row["company"] == company
	}
	client = make_client(sandbox, provider)
	for row in rows:
		trace = client.query(company, row["number"])
		told = sorted((scan.occurred_at.timestamp(), find_code(scan.text, scan.hint)) for scan in trace.scans)
		scans = truth[row["number"]]["scans"]
		assert told == sorted((scan["occurred_at"], MEANING[scan["kind"]]) for scan in scans)


@pytest.mark.parametrize("provider", CLIENTS)
def test_subscribing_twice_is_a_success(sandbox, provider):
	client = make_client(sandbox, provider)
	for _ in range(2):
		client.subscribe("yuantong", f"TWICE{provider}", f"{sandbox.url}/nowhere", "salt1")
	rows = sandbox.control("GET", "parcels")["parcels"]
	assert [row["followers"] for row in rows if row["number"] == f"TWICE{provider}"] == [[provider]]


@pytest.mark.parametrize("provider", CLIENTS)
def test_a_wrong_key_is_told_apart(sandbox, provider):
	client = make_client(sandbox, provider, "guess")
	with pytest.raises(CredentialError):
		client.query("yuantong", "YT1234567")
	with pytest.raises(CredentialError):
		client.subscribe("yuantong", "YT1234567", f"{sandbox.url}/nowhere")


def test_a_bad_number_is_refused(sandbox):
	with pytest.raises(RefusedError):
		make_client(sandbox, "Kuaidi100").query("yuantong", "1")
