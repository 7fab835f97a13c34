"""The services of waybills against the sandbox's wire: formats, repeats, bad parcels, faults, giving back."""

import re

import pytest

from storegroup_oms.connectors.douyin.client import DouyinClient
from storegroup_oms.connectors.douyin.mapper import map_order as map_douyin
from storegroup_oms.connectors.errors import (
	CredentialError,
	RateLimitedError,
	RefusedError,
	RetryableError,
	SignatureError,
)
from storegroup_oms.connectors.http import Transport
from storegroup_oms.connectors.jd.client import JDClient
from storegroup_oms.connectors.pinduoduo.client import PinduoduoClient
from storegroup_oms.connectors.pinduoduo.mapper import map_order as map_pinduoduo
from storegroup_oms.connectors.taobao.client import TaobaoClient
from storegroup_oms.connectors.taobao.mapper import map_order as map_taobao
from storegroup_oms.couriers.waybills.access import Access
from storegroup_oms.couriers.waybills.base import Contract, Party, Request
from storegroup_oms.couriers.waybills.cainiao import CainiaoService
from storegroup_oms.couriers.waybills.douyin import DouyinService
from storegroup_oms.couriers.waybills.jd import JDService
from storegroup_oms.couriers.waybills.kdniao import KDNiaoService
from storegroup_oms.couriers.waybills.kuaidi100 import Kuaidi100Service
from storegroup_oms.couriers.waybills.pinduoduo import PinduoduoService
from storegroup_oms.setup.couriers import COURIERS, FIELDS

SENDER = Party("云杉仓", "13900001111", "浙江省", "杭州市", "余杭区", "", "良睦路 1 号")
RECEIVER = Party("王小明", "13812345678", "江苏省", "南京市", "玄武区", "", "中山路 90 号 5 楼")
PLATFORMS = {
	"Taobao": (TaobaoClient, CainiaoService),
	"JD": (JDClient, JDService),
	"Pinduoduo": (PinduoduoClient, PinduoduoService),
	"Douyin": (DouyinClient, DouyinService),
}
CODES = {
	"Taobao": "cainiao_code",
	"JD": "jd_label_code",
	"Pinduoduo": "pdd_wp_code",
	"Douyin": "douyin_code",
	"Kuaidi100": "kuaidi100_code",
	"KDNiao": "kdniao_code",
}
SERVICES = tuple(CODES)
APIS = {
	"Taobao": "cainiao.waybill.ii.get",
	"JD": "jingdong.ldop.alpha.waybill.receive",
	"Pinduoduo": "pdd.waybill.get",
	"Douyin": "logistics.newCreateOrder",
	"Kuaidi100": "label.order",
	"KDNiao": "1007",
}
YTO = {"Douyin": "yuantong", "Kuaidi100": "yuantong"}


@pytest.fixture
def open_service(sandbox, make_client):
	def open_(name: str, secret: str = "", attempts: int = 1):
		"""(service, account's name in the sandbox) of a new shop, or of the sandbox's account."""
		if name in PLATFORMS:
			client, service = PLATFORMS[name]
			shop = sandbox.create_shop(name)
			changes = {"app_secret": secret} if secret else {}
			return service(make_client(client, shop, attempts, **changes)), shop
		row = next(row for row in sandbox.control("GET", "services")["services"] if row["service"] == name)
		access = Access(row["key"], secret or row["secret"], sandbox.url)
		transport = Transport(secrets=access.secrets, attempts=attempts, sleep=lambda seconds: None)
		if name == "Kuaidi100":
			return Kuaidi100Service(access, transport, sandbox.tell_time), row
		return KDNiaoService(access, transport), row

	return open_


def make_request(
	number: str, receiver: Party = RECEIVER, platform: str = "Manual", orders=("M1",)
) -> Request:
	return Request(f"SH-{number}_1", platform, orders, receiver, (("纯棉短袖 M", 2),), 600)


def list_issued(sandbox, owner: dict) -> list[dict]:
	account = owner.get("shop_id") or owner["key"]
	return sandbox.control("GET", f"waybills?account={account}")["waybills"]


def ask(service, name: str, *requests: Request):
	contract = Contract(YTO.get(name, "YTO"), numeric_code="463")
	found = []
	for start in range(0, len(requests), service.batch_size):
		found += service.request(contract, SENDER, requests[start : start + service.batch_size])
	return found


@pytest.mark.parametrize("name", SERVICES)
def test_each_courier_gives_numbers_of_its_own_pattern(sandbox, open_service, name):
	service, _owner = open_service(name)
	tried = 0
	for row in COURIERS:
		courier = dict(zip(FIELDS, row, strict=True))
		code = courier[CODES[name]]
		if not code:
			continue
		contract = Contract(code, numeric_code=courier["jd_code"])
		(answer,) = service.request(contract, SENDER, [make_request(f"{name}{tried}")])
		assert answer.error is None, (courier["courier_name"], answer.error)
		assert re.match(courier["waybill_pattern"], answer.issued.number), answer.issued.number
		assert answer.issued.routing.routing_code.startswith("025-")
		assert "南京市" in answer.issued.routing.big_pen
		tried += 1
	assert tried >= 8


@pytest.mark.parametrize("name", SERVICES)
def test_the_same_request_gives_the_same_number(sandbox, open_service, name):
	service, owner = open_service(name)
	before = len(list_issued(sandbox, owner))
	first = ask(service, name, make_request("same1"), make_request("same2"))
	again = ask(service, name, make_request("same2"), make_request("same1"))
	numbers = [answer.issued.number for answer in first]
	assert numbers == [answer.issued.number for answer in reversed(again)]
	assert len(set(numbers)) == 2
	assert len(list_issued(sandbox, owner)) == before + 2


@pytest.mark.parametrize("name", SERVICES)
def test_a_lost_answer_is_asked_for_again(sandbox, open_service, name):
	service, owner = open_service(name)
	before = len(list_issued(sandbox, owner))
	sandbox.control("POST", "faults", kind="truncate", platform=name, api=APIS[name], times=1)
	with pytest.raises(RetryableError):
		ask(service, name, make_request("lost1"))
	(answer,) = ask(service, name, make_request("lost1"))
	assert [row["number"] for row in list_issued(sandbox, owner)[before:]] == [answer.issued.number]


@pytest.mark.parametrize("name", SERVICES)
def test_a_bad_address_in_a_batch_fails_only_itself(sandbox, open_service, name):
	service, _owner = open_service(name)
	nowhere = Party("李四", "13812345678", "", "", "", "", "某处")
	requests = [make_request(f"bad{n}", nowhere if n == 3 else RECEIVER) for n in range(6)]
	answers = ask(service, name, *requests)
	assert [answer.request for answer in answers] == requests
	assert [type(answer.error) for answer in answers] == [
		RefusedError if n == 3 else type(None) for n in range(6)
	]
	assert "省市" in answers[3].error.message
	assert len({answer.issued.number for answer in answers if answer.issued}) == 5


@pytest.mark.parametrize("name", SERVICES)
def test_a_number_is_given_back_once_and_for_all(sandbox, open_service, name):
	service, owner = open_service(name)
	contract = Contract(YTO.get(name, "YTO"), numeric_code="463")
	(answer,) = ask(service, name, make_request("back1"))
	balance = service.get_balance(contract)
	service.cancel(contract, answer.issued.number, "SH-back1_1")
	row = next(row for row in list_issued(sandbox, owner) if row["number"] == answer.issued.number)
	assert row["cancelled_at"] > 0
	service.cancel(contract, answer.issued.number, "SH-back1_1")
	service.cancel(contract, "YT0000000000000", "SH-none_1")
	assert service.get_balance(contract) == (None if balance is None else balance + 1)
	(answer,) = ask(service, name, make_request("back1"))
	assert isinstance(answer.error, RefusedError)


@pytest.mark.parametrize("name", SERVICES)
def test_a_wrong_signature_is_refused(sandbox, open_service, name):
	service, owner = open_service(name, secret="not the secret")
	before = len(list_issued(sandbox, owner))
	try:
		(answer,) = ask(service, name, make_request("sign1"))
		assert isinstance(answer.error, RefusedError)
	except SignatureError:
		assert name in ("Kuaidi100", "KDNiao")
	assert len(list_issued(sandbox, owner)) == before


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize(
	("kind", "error"),
	[
		("rate_limit", RateLimitedError),
		("platform_fault", RetryableError),
		("server_error", RetryableError),
		("hang_up", RetryableError),
	],
)
def test_faults_are_named(sandbox, open_service, name, kind, error):
	service, owner = open_service(name)
	before = len(list_issued(sandbox, owner))
	sandbox.control("POST", "faults", kind=kind, platform=name, api=APIS[name], times=1)
	with pytest.raises(error):
		ask(service, name, make_request("fault1"))
	assert len(list_issued(sandbox, owner)) == before


@pytest.mark.parametrize("name", tuple(PLATFORMS))
def test_an_expired_token_is_told_apart(sandbox, open_service, name):
	service, shop = open_service(name)
	sandbox.control("POST", f"shops/{shop['shop_id']}/expire_token")
	with pytest.raises(CredentialError):
		ask(service, name, make_request("token1"))


@pytest.mark.parametrize("name", ("Taobao", "JD", "Pinduoduo", "Douyin"))
def test_an_empty_account_says_so(sandbox, open_service, name):
	service, shop = open_service(name)
	sandbox.control("POST", "waybills", service=name, account=shop["shop_id"], courier="YTO", balance=1)
	answers = ask(service, name, make_request("empty1"), make_request("empty2"))
	assert [answer.error is None for answer in answers] == [True, False]
	assert "余额不足" in answers[1].error.message
	assert service.get_balance(Contract(YTO.get(name, "YTO"))) == 0


def hide(order) -> Party:
	"""The receiver as the platform shows it."""
	receiver = order.receiver
	tokens = tuple(receiver.platform_token.split(" "))
	return Party(
		receiver.name,
		receiver.mobile,
		receiver.province,
		receiver.city,
		receiver.district,
		receiver.town,
		receiver.address,
		oaid=receiver.platform_token if len(tokens) == 1 else "",
		ciphers=tokens if len(tokens) == 3 else (),
	)


@pytest.mark.parametrize(
	("name", "map_order"), [("Taobao", map_taobao), ("Pinduoduo", map_pinduoduo), ("Douyin", map_douyin)]
)
def test_a_hidden_receiver_goes_as_the_platform_wrote_it(sandbox, open_service, name, map_order):
	service, shop = open_service(name)
	truth = sandbox.create_plain_order(shop)
	receiver = hide(map_order(service.client.get_order(truth["order_no"])))
	numbers = (truth["order_no"],)
	(answer,) = ask(service, name, make_request("hidden1", receiver, name, numbers))
	assert answer.error is None
	row = list_issued(sandbox, shop)[-1]
	assert row["place"] == "".join(truth["receiver"][part] for part in ("province", "city", "district"))
	assert row["order_nos"] == [truth["order_no"]]

	masked = Party(receiver.name, receiver.mobile, "浙江省", "杭州市", "西湖区", "", receiver.address)
	(answer,) = ask(service, name, make_request("hidden2", masked, name, numbers))
	assert isinstance(answer.error, RefusedError)


def test_jd_knows_the_receiver_by_the_order(sandbox, open_service):
	service, shop = open_service("JD")
	truth = sandbox.create_plain_order(shop)
	masked = Party("王**", "138****5678", "浙江省", "杭州市", "西湖区", "", "文三***")
	(answer,) = ask(service, "JD", make_request("jd1", masked, "JD", (truth["order_no"],)))
	assert answer.issued.number.startswith("YT")
	(answer,) = ask(service, "JD", make_request("jd2", masked, "JD", ("404",)))
	assert "不属于" in answer.error.message
