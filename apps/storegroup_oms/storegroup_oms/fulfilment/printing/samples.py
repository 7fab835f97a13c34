"""A label of nobody's parcel, to see a layout by. The goods, people and numbers on it are made up."""

from storegroup_oms.fulfilment.printing.documents import Contact, Item, Label
from storegroup_oms.fulfilment.printing.labels import render_labels
from storegroup_oms.fulfilment.printing.pages import read_layout

SAMPLE = Label(
	parcel="SH-000000000",
	waybill_no="YT0000000000000",
	courier="圆通速递",
	sorting_code="571-A12-03",
	receiver=Contact(
		"王小样", "138****0000", "浙江省 杭州市 西湖区", "样张路 1 号样张小区 2 幢 3 单元 401 室"
	),
	sender=Contact("云杉仓", "139****1111", "江苏省 苏州市 吴中区", "仓储路 8 号"),
	items=(Item("纯棉短袖 白色 L", 2, "TS-WH-L", "A-03-2"), Item("帆布袋 米色", 1, "BAG-01", "B-01-4")),
	order_nos=("260000000000000001",),
	shop="样张店铺",
	consolidation="杭州转运中心",
	pick_place="#1",
	note="易碎",
	print_count=2,
)


def render_sample(layout: str) -> bytes:
	"""The PDF of one page in a Label Layout."""
	return render_labels([SAMPLE], read_layout(layout)).content
