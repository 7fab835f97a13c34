// What each view of the stock page shows: its columns, and the filters that it understands.

const NUMBERS = [
	["on_hand", () => __("On Hand")],
	["reserved", () => __("Reserved")],
	["blocked", () => __("Not for Sale")],
	["available", () => __("Available")],
	["in_transit", () => __("In Transit")],
];

export const VIEWS = {
	matrix: {
		label: () => __("By Warehouse"),
		filters: ["text", "category", "sku", "warehouse", "order_by"],
		columns: make_matrix_columns,
	},
	movements: {
		label: () => __("Movements"),
		filters: ["text", "sku", "warehouse", "kind", "from_time", "to_time", "source"],
		columns: () => [
			{ field: "posted_at", label: __("Posted At"), kind: "time" },
			{ field: "sku", label: __("SKU"), kind: "sku" },
			{ field: "warehouse", label: __("Warehouse") },
			{ field: "movement_type", label: __("Movement Type"), kind: "word" },
			{ field: "qty_change", label: __("Change"), kind: "change" },
			{ field: "on_hand_after", label: __("On Hand After"), kind: "number" },
			{ field: "reserved_change", label: __("Reserved Change"), kind: "change" },
			{ field: "reserved_after", label: __("Reserved After"), kind: "number" },
			{ field: "in_transit_after", label: __("In Transit After"), kind: "number" },
			{ field: "blocked_change", label: __("Not for Sale Change"), kind: "change" },
			{ field: "source_name", label: __("Source Name"), kind: "source" },
			{ field: "reason", label: __("Reason") },
			{ field: "posted_by", label: __("Posted By"), kind: "person" },
			{ field: "unit_cost", label: __("Unit Cost"), kind: "money" },
			{ field: "value_change", label: __("Value Change"), kind: "money" },
		],
	},
	ages: {
		label: () => __("Age"),
		filters: ["text", "category", "sku", "warehouse"],
		columns: () => [
			...make_goods_columns(),
			{ field: "on_hand", label: __("On Hand"), kind: "number" },
			{ field: "oldest_at", label: __("Oldest Pieces Since"), kind: "day" },
			{ field: "age_0_30", label: __("0 to 30 Days"), kind: "number" },
			{ field: "age_31_60", label: __("31 to 60 Days"), kind: "number" },
			{ field: "age_61_90", label: __("61 to 90 Days"), kind: "number" },
			{ field: "age_91_180", label: __("91 to 180 Days"), kind: "number" },
			{ field: "age_over_180", label: __("Over 180 Days"), kind: "number" },
		],
	},
	slow: {
		label: () => __("Slow Movers"),
		filters: ["text", "category", "sku", "warehouse", "days"],
		columns: () => [
			...make_goods_columns(),
			{ field: "on_hand", label: __("On Hand"), kind: "number" },
			{ field: "available", label: __("Available"), kind: "number" },
			{ field: "days", label: __("Days without a Sale"), kind: "number" },
			{ field: "last_sold_at", label: __("Last Sold At"), kind: "day" },
			{ field: "last_received_at", label: __("Last Received At"), kind: "day" },
			{ field: "sold_90", label: __("Sold in 90 Days"), kind: "number" },
			{ field: "value", label: __("Stock Value"), kind: "money" },
		],
	},
	batches: {
		label: () => __("Batches"),
		filters: ["text", "category", "sku", "warehouse"],
		columns: () => [
			...make_goods_columns(),
			{ field: "batch_no", label: __("Batch No") },
			{ field: "expires_on", label: __("Expires On"), kind: "day" },
			{ field: "days_left", label: __("Days Left"), kind: "number" },
			{ field: "on_hand", label: __("On Hand"), kind: "number" },
			{ field: "state", label: __("State"), kind: "state" },
		],
	},
	values: {
		label: () => __("Stock Value"),
		filters: ["text", "category", "sku", "warehouse"],
		columns: () => [
			{ field: "warehouse", label: __("Warehouse") },
			{ field: "category", label: __("Category") },
			{ field: "skus", label: __("SKUs"), kind: "number" },
			{ field: "on_hand", label: __("On Hand"), kind: "number" },
			{ field: "value", label: __("Stock Value"), kind: "money" },
			{ field: "sold_cost_90", label: __("Cost of 90 Days' Sales"), kind: "money" },
			{ field: "turnover", label: __("Turnover per Year"), kind: "number" },
		],
	},
};

export const MOVEMENT_KINDS = [
	"Opening",
	"Receipt",
	"Issue",
	"Shipment",
	"Reserve",
	"Unreserve",
	"Transfer Out",
	"Transfer In",
	"Stocktake",
	"Return",
	"Damage",
	"Assembly",
	"Adjustment",
	"Reversal",
	"Block",
	"Unblock",
];

function make_goods_columns() {
	return [
		{ field: "sku", label: __("SKU"), kind: "sku" },
		{ field: "sku_name", label: __("SKU Name") },
		{ field: "warehouse", label: __("Warehouse") },
	];
}

// Totals first, then what is available in each warehouse; the rest of a warehouse's numbers is in the hint.
function make_matrix_columns(answer) {
	const columns = [
		{ field: "sku", label: __("SKU"), kind: "sku" },
		{ field: "sku_name", label: __("SKU Name") },
		{ field: "category", label: __("Category") },
		...NUMBERS.map(([number, label]) => ({ field: `total.${number}`, label: label(), kind: "number" })),
		{ field: "waiting", label: __("Orders Waiting"), kind: "number" },
		{
			field: "promise",
			label: __("Can Be Promised"),
			kind: "number",
			hint: __("Available less what open orders lack, plus what is on its way."),
		},
	];
	for (const warehouse of answer.warehouses || []) {
		columns.push({ field: `places.${warehouse}`, label: warehouse, kind: "place", warehouse });
	}
	columns.push({ field: "value", label: __("Stock Value"), kind: "money" });
	return columns;
}

export function get_value(row, column) {
	if (column.field.startsWith("total.")) return row.total[column.field.slice("total.".length)];
	if (column.kind === "place") return row.places[column.warehouse];
	return row[column.field];
}

export function describe_place(place) {
	return NUMBERS.map(([number, label]) => `${label()} ${place[number]}`).join(" · ");
}
