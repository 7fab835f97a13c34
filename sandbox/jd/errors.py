"""JD's ways to say no: the gateway's own error, and a failure inside a business result. Source: platforms.md 3.4."""

from __future__ import annotations

GATEWAY = {
	"2": ("App Call Limited", "应用调用次数超限"),
	"4": ("Missing version parameter", "缺少版本参数"),
	"5": ("Unsupported version", "不支持的版本号"),
	"7": ("Missing timestamp parameter", "缺少时间戳参数"),
	"8": ("Invalid timestamp", "非法的时间戳参数"),
	"11": ("Missing signature parameter", "缺少签名参数"),
	"12": ("Invalid signature", "无效签名"),
	"14": ("Missing method parameter", "缺少方法名参数"),
	"15": ("Method does not exist", "不存在的方法名"),
	"19": ("Invalid access_token", "access_token已过期或者无效"),
	"21": ("Invalid 360buy_param_json", "非法的业务参数"),  # number UNCONFIRMED
	"67": ("Platform service is unavailable", "平台连接后端服务不可用"),  # number UNCONFIRMED
	"103": ("Invalid app", "无效应用"),
}
BAD_ARGUMENT, NOT_FOUND, REFUSED, RETRY = 10100004, 10100021, 10500001, 99999999


class GatewayError(Exception):
	"""Said by the gateway before any business is done."""

	def __init__(self, code: str) -> None:
		super().__init__(code)
		self.code = code

	def render(self) -> dict:
		english, chinese = GATEWAY[self.code]
		return {"error_response": {"code": self.code, "zh_desc": chinese, "en_desc": english}}


class BusinessError(Exception):
	"""Said inside a business result; the gateway's `code` is "0" then. The numbers' meaning is UNCONFIRMED."""

	def __init__(self, number: int, chinese: str, english: str) -> None:
		super().__init__(f"{number}: {english}")
		self.number = number
		self.chinese = chinese
		self.english = english


def make_api_result(error: BusinessError | None = None) -> dict:
	"""The `apiResult` that stands in most business results."""
	return {
		"success": error is None,
		"numberCode": error.number if error else 0,
		"chineseErrCode": error.chinese if error else "成功",
		"englishErrCode": error.english if error else "Success",
	}
