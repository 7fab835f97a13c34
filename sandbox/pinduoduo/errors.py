"""Pinduoduo's refusals. Source: platforms.md 4.4."""

from __future__ import annotations

TEXTS = {
	10000: "参数错误",
	10001: "公共参数错误",
	10016: "client_id不正确",
	10017: "type错误",
	10019: "access_token已过期",
	20004: "签名sign校验失败",
	20031: "应用无该接口调用权限",
	20032: "access_token或者client_id错误",
	21001: "业务参数错误",
	21002: "业务参数缺失",
	30001: "商家授权信息不匹配",
	50000: "系统内部错误",
	50001: "业务服务错误",
	52001: "网关业务服务错误",
	52101: "当前接口被限流，请稍后重试",
	52102: "当前接口暂时不可用，请稍后重试",
	70031: "调用过于频繁，请调整调用频率",
}


class PinduoduoError(Exception):
	"""`sub_message` says more than the code's own text."""

	def __init__(self, code: int, sub_message: str = "", sub_code: str = "") -> None:
		super().__init__(f"{code}: {sub_message}")
		self.code = code
		self.sub_message = sub_message
		self.sub_code = sub_code

	def render(self, request_id: str) -> dict:
		text = TEXTS[self.code]
		return {
			"error_response": {
				"error_code": self.code,
				"error_msg": text,
				"sub_code": self.sub_code or str(self.code),
				"sub_msg": self.sub_message or text,
				"request_id": request_id,
			}
		}
