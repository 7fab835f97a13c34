"""JD's words and numbers and what each means to us. Source: platforms reference 3.5 and 3.6."""

# What can be asked for; UNCONFIRMED whether order_state may be left out, so all are named.
ORDER = {
	"NOT_PAY": "Unpaid",
	"WAIT_SELLER_STOCK_OUT": "To Review",
	"WAIT_SELLER_DELIVERY": "To Review",
	"LOCKED": "To Review",
	"PAUSE": "To Review",
	"POP_ORDER_PAUSE": "To Review",
	"WAIT_GOODS_RECEIVE_CONFIRM": "Shipped",
	"FINISHED_L": "Completed",
	"TRADE_CANCELED": "Closed",
	"DELIVERY_RETURN": "Closed",
}
# names of the same states in older data
ALIASES = {
	"DengDaiChuKu": "WAIT_SELLER_STOCK_OUT",
	"DengDaiFaHuo": "WAIT_SELLER_DELIVERY",
	"DengDaiQueRenShouHuo": "WAIT_GOODS_RECEIVE_CONFIRM",
	"WanCheng": "FINISHED_L",
	"ZanTing": "PAUSE",
	"PeiSongTuiHuo": "DELIVERY_RETURN",
}
LOCKED = ("LOCKED", "PAUSE", "POP_ORDER_PAUSE")
CASH_ON_DELIVERY = "1"

REFUND = {
	0: "Open",
	1: "Approved",
	2: "Rejected",
	3: "Refunded",
	4: "Rejected",
	5: "Approved",
	6: "Approved",
	7: "Approved",
	8: "Open",
	9: "Refunded",
	10: "Approved",
	11: "Rejected",
}

# After receipt. UNCONFIRMED: the numbers aren't in our reference; an unknown one is refused, not guessed.
SERVICE = {
	10001: "Open",
	10002: "Waiting for Buyer",
	10005: "Waiting for Buyer",
	10006: "Waiting for Parcel",
	10007: "Waiting for Parcel",
	10009: "Approved",
	10010: "Refunded",
	10011: "Cancelled",
	10012: "Rejected",
}
EXPECTATIONS = {10: "Return", 20: "Exchange", 30: "Exchange", 11: "Refund", 80: "Reship"}
