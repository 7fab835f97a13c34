// The way of a parcel as a line of dots: what was told, where and when, the newest first.
frappe.provide("storegroup_oms");

const DOTS = {
	Delivered: "green",
	"Out for Delivery": "blue",
	Refused: "red",
	Returning: "orange",
	Returned: "orange",
	"Wrong Address": "red",
	"Delivery Failed": "orange",
	Lost: "red",
	Damaged: "red",
};

// Draws the events of a parcel into a jQuery element; what the user may not read stays empty.
storegroup_oms.show_way = function (wrapper, shipment) {
	return frappe.db
		.get_list("Tracking Event", {
			filters: { shipment },
			fields: ["occurred_at", "code", "place", "text"],
			order_by: "occurred_at desc",
			limit: 200,
		})
		.then((events) => wrapper.html(make_way(events)));
};

// The parcels of an order, each with its state and its way.
storegroup_oms.show_ways = function (wrapper, order) {
	return frappe.db
		.get_list("Shipment", {
			filters: [["Shipment Order", "order", "=", order]],
			fields: ["name", "courier", "waybill_no", "status", "exception", "creation"],
			order_by: "creation asc",
			limit: 20,
		})
		.then((parcels) => {
			wrapper.empty();
			if (!parcels.length) {
				wrapper.html(`<p class="text-muted">${__("No parcel yet.")}</p>`);
			}
			return Promise.all(
				parcels.map((parcel) => {
					const part = $(`<div class="mb-4">${make_head(parcel)}<div class="parcel-way"></div></div>`);
					wrapper.append(part);
					return storegroup_oms.show_way(part.find(".parcel-way"), parcel.name);
				})
			);
		});
};

function make_head(row) {
	const escape = frappe.utils.escape_html;
	const link = frappe.utils.get_form_link("Shipment", row.name, true, escape(row.waybill_no || row.name));
	const trouble = row.exception
		? `<span class="indicator-pill red no-indicator-dot ml-2">${escape(__(row.exception))}</span>`
		: "";
	return `<div class="mb-2"><b>${escape(row.courier || "")}</b> ${link}
		<span class="text-muted ml-2">${escape(__(row.status))}</span>${trouble}</div>`;
}

function make_way(events) {
	if (!events.length) return `<p class="text-muted">${__("The courier has reported nothing yet.")}</p>`;
	const escape = frappe.utils.escape_html;
	const rows = events.map((row, index) => {
		const colour = DOTS[row.code] || (index ? "gray" : "blue");
		return `<div class="parcel-scan ${index ? "" : "parcel-scan-last"}">
			<span class="indicator ${colour} parcel-dot"></span>
			<div><span class="text-nowrap">${row.code ? escape(__(row.code)) : ""}</span>
				<b class="ml-2">${escape(row.place || "")}</b>
				<span class="text-muted ml-2">${escape(frappe.datetime.str_to_user(row.occurred_at))}</span></div>
			<div class="text-muted">${escape(row.text || "")}</div>
		</div>`;
	});
	return `<div class="parcel-line">${rows.join("")}</div>`;
}
