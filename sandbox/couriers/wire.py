"""What Kuaidi100 and KDNiao say of a parcel, and how they sign it. Shares nothing with the product's own code."""

from __future__ import annotations

import base64
import hashlib
import json

from ..clock import format_time
from .journeys import STATES
from .parcels import Account, Follower, Parcel

# Kuaidi100's words beside its numbers; KDNiao's number of an action.
STATUS_WORDS = {
	"0": "在途",
	"1": "揽收",
	"2": "疑难",
	"3": "签收",
	"4": "退签",
	"5": "派件",
	"6": "退回",
	"10": "",
	"14": "拒签",
}
ACTIONS = {"accepted": "10", "picked_up": "1", "departed": "2", "arrived": "2", "out": "202", "signed": "301"}
KDN_STATES = {"0": "2", "1": "1", "3": "3", "5": "2", "10": "0"}


def digest(text: str) -> str:
	return hashlib.md5(text.encode()).hexdigest()


def sign_kdniao(data: str, key: str) -> str:
	return base64.b64encode(digest(data + key).encode()).decode()


def dump(value: object) -> str:
	return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def make_result(parcel: Parcel, now: float) -> dict:
	"""Kuaidi100's reply to a query, newest first; without an accepted scan, which it doesn't number."""
	rows = []
	for scan in reversed(parcel.get_told(now)):
		state = "0" if scan.kind == "accepted" else STATES[scan.kind]
		when = format_time(scan.occurred_at)
		row = {"time": when, "ftime": when, "context": scan.text, "location": scan.place}
		if scan.kind != "accepted":
			row |= {"status": STATUS_WORDS[state], "statusCode": state}
		rows.append(row)
	told = parcel.get_told(now)
	state = STATES[told[-1].kind] if told and told[-1].kind != "accepted" else "0"
	return {
		"message": "ok",
		"nu": parcel.number,
		"ischeck": "1" if parcel.is_done(now) else "0",
		"com": parcel.company,
		"status": "200",
		"state": state,
		"condition": "F00",
		"data": rows,
	}


def make_kuaidi100_push(parcel: Parcel, now: float, salt: str) -> dict[str, str]:
	"""The form of a push with the whole trace."""
	status = "shutdown" if parcel.is_done(now) else "polling"
	body = {
		"status": status,
		"billstatus": "got",
		"message": "",
		"autoCheck": "0",
		"comOld": "",
		"comNew": "",
		"lastResult": make_result(parcel, now),
	}
	param = dump(body)
	form = {"param": param}
	return form | {"sign": digest(param + salt).upper()} if salt else form


def make_reply(parcel: Parcel, now: float, customer: str) -> dict:
	"""KDNiao's reply to a query, oldest first."""
	told = parcel.get_told(now)
	last = told[-1].kind if told else "accepted"
	return {
		"EBusinessID": customer,
		"OrderCode": "",
		"ShipperCode": parcel.company,
		"LogisticCode": parcel.number,
		"Success": True,
		"Reason": "" if told else "暂无轨迹信息",
		"State": KDN_STATES.get(STATES[last], "4"),
		"StateEx": ACTIONS.get(last, "401"),
		"Location": told[-1].place if told else "",
		"Traces": [
			{
				"AcceptTime": format_time(scan.occurred_at),
				"AcceptStation": scan.text,
				"Location": scan.place,
				"Action": ACTIONS.get(scan.kind, "4"),
				"Remark": None,
			}
			for scan in told
		],
	}


def make_kdniao_push(parcels: list[Parcel], now: float, account: Account) -> dict[str, str]:
	"""The form of a push about some parcels."""
	rows = [make_reply(parcel, now, account.customer) | {"CallBack": ""} for parcel in parcels]
	data = dump(
		{"EBusinessID": account.customer, "PushTime": format_time(now), "Count": str(len(rows)), "Data": rows}
	)
	return {"RequestType": "101", "RequestData": data, "DataSign": sign_kdniao(data, account.key)}


def make_push(parcel: Parcel, follower: Follower, now: float, account: Account) -> dict[str, str]:
	"""The form of a push to a follower."""
	if follower.provider == "Kuaidi100":
		return make_kuaidi100_push(parcel, now, follower.secret)
	return make_kdniao_push([parcel], now, account)
