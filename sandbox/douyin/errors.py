"""Douyin's refusals. Source: platforms.md 5.4; the text of `msg` by code, the reason in `sub_code`."""

from __future__ import annotations

TEXTS = {
	20000: "服务不可用",
	30001: "没有权限",
	40001: "缺少必选参数",
	40003: "参数无效",
	40004: "参数错误",
	50001: "令牌服务处理失败",
	50002: "业务处理失败",
	60000: "请求过于频繁",
	70000: "接口已下线",
}


class DouyinError(Exception):
	"""`sub_code` names the reason in the platform's words; an empty message repeats the code's text."""

	def __init__(self, code: int, sub_code: str, sub_message: str = "") -> None:
		super().__init__(f"{code}: {sub_code}: {sub_message}")
		self.code = code
		self.sub_code = sub_code
		self.sub_message = sub_message

	def render(self, log_id: str) -> dict:
		text = TEXTS[self.code]
		return {
			"code": self.code,
			"msg": text,
			"sub_code": self.sub_code,
			"sub_msg": self.sub_message or text,
			"err_no": self.code,
			"message": text,
			"log_id": log_id,
		}


def make_invalid(message: str) -> DouyinError:
	"""An argument that can't be taken."""
	return DouyinError(40003, "isv.parameter-invalid", message)


def make_failed(number: int, message: str) -> DouyinError:
	"""A business failure; its numbers are UNCONFIRMED."""
	return DouyinError(50002, f"isv.business-failed:{number}", message)
