"""Invented buyers of the demo company: one person may have accounts on two platforms."""

from dataclasses import dataclass, field

from storegroup_oms.orders.receivers import Receiver
from storegroup_oms.setup.demo_company import Company

# Prefixes that the numbering plan gives to no operator.
MOBILE_PREFIXES = ("154", "163")
REMOTE = ("新疆维吾尔自治区", "西藏自治区", "青海省")


@dataclass
class Buyer:
	"""A person with accounts (platform → nick) and one address; `name` is the customer's once stored."""

	number: int
	receiver: Receiver
	province: str
	city: str
	district: str
	accounts: dict[str, str] = field(default_factory=dict)
	is_blocked: bool = False
	name: str | None = None


class Buyers:
	"""Hands out buyers: new ones by the measured shares of provinces, or known ones of a platform."""

	def __init__(self, company: Company):
		self.company = company
		self.all: list[Buyer] = []

	def pick(self, platform: str, returning_share: float = 0.4) -> Buyer:
		"""A buyer with an account on the platform; now and then a person who so far bought elsewhere."""
		dice = self.company.dice
		if self.all and dice.random() < returning_share:
			known = [buyer for buyer in self.all if platform in buyer.accounts and not buyer.is_blocked]
			if known and dice.random() < 0.85:
				return dice.choice(known)
			buyer = dice.choice([buyer for buyer in self.all if not buyer.is_blocked])
			buyer.accounts.setdefault(platform, self._make_nick(platform, buyer.number))
			return buyer
		return self.make(platform, self.company.pick_weighted(self.company.figures["province_share"]))

	def make(self, platform: str, province: str, is_blocked: bool = False) -> Buyer:
		dice, texts = self.company.dice, self.company.texts
		city, districts = dice.choice(texts["places"][province])
		number = len(self.all) + 1
		mobile = f"{dice.choice(MOBILE_PREFIXES)}{dice.randrange(10**8):08d}"
		house = f"{dice.randrange(1, 300)} 号"
		flat = f"{dice.randrange(1, 30)} 栋 {dice.randrange(101, 2_805)} 室"
		receiver = Receiver(
			name=dice.choice(texts["surnames"]) + dice.choice(texts["given_names"]),
			mobile=mobile,
			address=f"{dice.choice(texts['streets'])} {house}{dice.choice(texts['estates'])} {flat}",
		)
		buyer = Buyer(number, receiver, province, city, dice.choice(districts), is_blocked=is_blocked)
		buyer.accounts[platform] = self._make_nick(platform, number)
		self.all.append(buyer)
		return buyer

	def _make_nick(self, platform: str, number: int) -> str:
		prefix = {"Taobao": "tb", "JD": "jd_", "Pinduoduo": "pdd", "Douyin": "dy"}[platform]
		return f"{prefix}{number:04d}_{self.company.dice.choice(self.company.texts['nicks'])}"
