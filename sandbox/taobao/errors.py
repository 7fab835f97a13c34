"""Taobao's ways to say no. Source: platforms.md 2.4; the Chinese words are invented."""

from __future__ import annotations

MESSAGES = {
	7: "App Call Limited",
	15: "Remote service error",
	21: "Missing Method",
	22: "Invalid Method",
	23: "Invalid Format",
	24: "Missing Signature",
	25: "Invalid Signature",
	26: "Missing Session",
	27: "Invalid Session",
	28: "Missing App Key",
	29: "Invalid App Key",
	30: "Missing Timestamp",
	31: "Invalid Timestamp",
	32: "Missing Version",
	33: "Invalid Version",
	40: "Missing Required Arguments",
	41: "Invalid Arguments",
}


class TopError(Exception):
	"""An `error_response`."""

	def __init__(self, code: int, sub_code: str = "", sub_msg: str = "", note: str = "") -> None:
		super().__init__(f"{code}:{sub_code}")
		self.code = code
		self.sub_code = sub_code
		self.sub_msg = sub_msg
		self.note = note

	@property
	def label(self) -> str:
		"""`15:isv.trade-not-exist`, as the counters name it."""
		return f"{self.code}:{self.sub_code}" if self.sub_code else str(self.code)

	def render(self, request_id: str) -> dict:
		message = MESSAGES[self.code]
		body: dict = {"code": self.code, "msg": f"{message}:{self.note}" if self.note else message}
		if self.sub_code:
			body |= {"sub_code": self.sub_code, "sub_msg": self.sub_msg}
		return {"error_response": body | {"request_id": request_id}}


def make_limit_error(seconds: float) -> TopError:
	whole = max(1, round(seconds))
	return TopError(
		7,
		"accesscontrol.limited-by-api-access-count",
		f"This ban will last for {whole} more seconds",
	)


def make_missing(name: str) -> TopError:
	return TopError(40, f"isv.missing-parameter:{name}", f"缺少参数 {name}", note=name)


def make_invalid(name: str, why: str) -> TopError:
	return TopError(41, f"isv.invalid-parameter:{name}", why, note=name)
