"""Taobao's words and what each means to us. Source: platforms reference 2.5 and 2.6."""

TRADE = {
	"TRADE_NO_CREATE_PAY": "Unpaid",
	"WAIT_BUYER_PAY": "Unpaid",
	"PAY_PENDING": "Unpaid",
	"WAIT_PRE_AUTH_CONFIRM": "Unpaid",
	"WAIT_SELLER_SEND_GOODS": "To Review",
	"PAID_FORBID_CONSIGN": "To Review",  # UNCONFIRMED; with a hold
	"SELLER_CONSIGNED_PART": "Partly Shipped",
	"WAIT_BUYER_CONFIRM_GOODS": "Shipped",
	"TRADE_BUYER_SIGNED": "Shipped",
	"TRADE_FINISHED": "Completed",
	"TRADE_CLOSED": "Closed",
	"TRADE_CLOSED_BY_TAOBAO": "Closed",
}
FORBIDDEN = ("PAID_FORBID_CONSIGN",)
TO_SHIP = ("WAIT_SELLER_SEND_GOODS", "PAID_FORBID_CONSIGN")
CLOSED_PAID, CLOSED_UNPAID = "TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO"
DEPOSIT_PAID = "FRONT_PAID_FINAL_NOPAID"
ORDER_TYPES = {"step": "Presale", "cod": "Cash on Delivery"}
FLAGS = {"1": "Red", "2": "Yellow", "3": "Green", "4": "Blue", "5": "Purple"}

LINE_REFUND = {
	"": "",
	"NO_REFUND": "",
	"WAIT_SELLER_AGREE": "Requested",
	"EXCHANGE_TRANSFORM_TO_REFUND": "Requested",
	"WAIT_BUYER_RETURN_GOODS": "Refunding",
	"WAIT_SELLER_CONFIRM_GOODS": "Refunding",
	"WAIT_SELLER_CONSIGN_GOODS": "Refunding",
	"WAIT_BUYER_CONFIRM_EXCHANGE_SELLER_SEND_GOODS": "Refunding",
	"SELLER_REFUSE_BUYER": "Rejected",
	"CLOSED": "Closed",
	"SUCCESS": "Refunded",
}
REFUND = {
	"WAIT_SELLER_AGREE": "Open",
	"EXCHANGE_TRANSFORM_TO_REFUND": "Open",
	"WAIT_BUYER_RETURN_GOODS": "Waiting for Buyer",
	"WAIT_SELLER_CONFIRM_GOODS": "Waiting for Parcel",
	"WAIT_SELLER_CONSIGN_GOODS": "Approved",
	"WAIT_BUYER_CONFIRM_EXCHANGE_SELLER_SEND_GOODS": "Waiting for Buyer",
	"SELLER_REFUSE_BUYER": "Rejected",
	"CLOSED": "Cancelled",
	"SUCCESS": "Refunded",
}
# REFUND and OTHERS aren't here: whether goods were sent or come back decides.
DISPUTES = {
	"REFUND_AND_RETURN": "Return",
	"TMALL_EXCHANGE": "Exchange",
	"TAOBAO_EXCHANGE": "Exchange",
	"REPAIR": "Exchange",
	"RESHIPPING": "Reship",
}
