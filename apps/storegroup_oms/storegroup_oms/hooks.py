from storegroup_oms import doors, permissions

app_name = "storegroup_oms"
app_title = "Storegroup OMS"
app_publisher = "Storegroup OMS contributors"
app_description = "Order management for teams that run many shops"
app_email = "maintainers@storegroup-oms.example"
app_license = "MIT"
app_logo_url = "/assets/storegroup_oms/images/logo.svg"

export_python_type_annotations = True
require_type_annotated_api_methods = True

before_install = "storegroup_oms.install.before_install"
after_install = "storegroup_oms.install.after_install"
after_migrate = ["storegroup_oms.install.after_migrate"]
before_uninstall = "storegroup_oms.uninstall.before_uninstall"
after_uninstall = "storegroup_oms.uninstall.after_uninstall"
setup_wizard_success = "storegroup_oms.setup.site.after_setup_wizard"
on_session_creation = "storegroup_oms.analytics.dashboards.ensure_dashboard_settings"

app_include_js = ["storegroup_oms.bundle.js"]
app_include_css = ["storegroup_oms.bundle.css"]

permission_query_conditions = {
	doctype: f"storegroup_oms.permissions.{permissions.get_condition_name(doctype)}"
	for doctype in permissions.SCOPES
}
has_permission = dict.fromkeys(permissions.SCOPES, "storegroup_oms.permissions.has_row_permission")

# Doors of Frappe that ask too little; see doors.py.
auth_hooks = ["storegroup_oms.doors.refuse_hidden_fields"]
override_whitelisted_methods = {
	"frappe.client.get_count": "storegroup_oms.doors.get_count",
	"frappe.desk.doctype.tag.tag.add_tag": "storegroup_oms.doors.add_tag",
	"frappe.desk.doctype.tag.tag.add_tags": "storegroup_oms.doors.add_tags",
	"frappe.desk.doctype.tag.tag.get_tagged_docs": "storegroup_oms.doors.get_tagged",
	"frappe.desk.doctype.tag.tag.remove_tag": "storegroup_oms.doors.remove_tag",
	"frappe.desk.form.linked_with.get": "storegroup_oms.doors.get_linked",
	"frappe.desk.like.toggle_like": "storegroup_oms.doors.toggle_like",
	"frappe.desk.query_report.get_data_for_custom_field": "storegroup_oms.doors.get_custom_field_data",
	"frappe.desk.reportview.get": "storegroup_oms.list_queries.get_page",
	"frappe.desk.reportview.get_count": "storegroup_oms.list_queries.get_count",
	"frappe.desk.reportview.get_sidebar_stats": "storegroup_oms.list_queries.get_sidebar_stats",
	"frappe.desk.search.search_link": "storegroup_oms.doors.search_link",
	"frappe.desk.search.search_widget": "storegroup_oms.doors.search_widget",
	"frappe.utils.global_search.search": "storegroup_oms.doors.search_everywhere",
	# Done again when the database had to break a deadlock; see repeated_saves.py.
	"frappe.desk.form.save.savedocs": "storegroup_oms.repeated_saves.savedocs",
	"frappe.model.workflow.apply_workflow": "storegroup_oms.repeated_saves.apply_workflow",
}
standard_queries = {"Order": "storegroup_oms.api.search.search_order_links"}
doc_events = {
	**{doctype: {"validate": "storegroup_oms.doors.check_reference"} for doctype in doors.REFERENCES},
	**{
		doctype: {"validate": "storegroup_oms.doors.check_line"}
		for doctype in (
			"Order Item",
			"Shipment Order",
			"Shipment Item",
			"Stock Entry Item",
			"After-sale Inspection",
			"Customer Identity",
			"Courier Claim Parcel",
		)
	},
	"Listing": {
		"on_update": [
			"storegroup_oms.catalog.matching.note_listing_match",
			"storegroup_oms.connectors.stock_hints.note_listing",
		]
	},
	"SKU": {
		"on_update": [
			"storegroup_oms.catalog.matching.match_new_sku",
			"storegroup_oms.connectors.stock_hints.note_sku",
			"storegroup_oms.inventory.expiry.note_sku",
		]
	},
	"Shop": {"on_update": "storegroup_oms.connectors.stock_hints.note_shop"},
	"Stock Balance": {"on_update": "storegroup_oms.connectors.stock_hints.note_balance"},
	"Dedicated Stock": {
		"on_update": "storegroup_oms.connectors.stock_hints.note_balance",
		"on_trash": "storegroup_oms.connectors.stock_hints.note_balance",
	},
	"Warehouse": {"on_update": "storegroup_oms.connectors.stock_hints.note_warehouse"},
	"Dashboard Chart": {"validate": "storegroup_oms.doors.check_saved_query"},
	"Number Card": {"validate": "storegroup_oms.doors.check_saved_query"},
	"Shipment": {"on_update": "storegroup_oms.open_api.outbox.note_shipment"},
	"Error Log": {"before_insert": "storegroup_oms.doors.clean_error_log"},
	"Version": {"before_insert": "storegroup_oms.field_levels.strip_version"},
}

# Called with `listings` and `codes` that lead to a SKU from now on.
oms_listings_matched = [
	"storegroup_oms.orders.waiting_lines.enqueue_fill",
	"storegroup_oms.connectors.stock_hints.note_matched",
]

# Each gets the timeline rows just written, in the same transaction.
order_event_sinks = [
	"storegroup_oms.open_api.outbox.write_order_deliveries",
	"storegroup_oms.connectors.stock_hints.note_order_events",
	"storegroup_oms.fulfilment.allocation_queue.note_events",
	"storegroup_oms.orders.review.note_events",
]
# Each gets an order that a person or another system has saved as a document, in the same transaction.
order_saved_sinks = [
	"storegroup_oms.orders.review.note_saved",
	"storegroup_oms.fulfilment.approval.settle_saved",
]
# Each gets the names of orders that were approved, sent back or closed many at a time, and who did it, in the same
# transaction.
order_approved_sinks = ["storegroup_oms.fulfilment.approval.settle_many"]
# Each gets {name, from_status (None: a new one), to_status} of parcels that were made or moved past their documents,
# in the same transaction.
shipment_change_sinks = [
	"storegroup_oms.open_api.outbox.note_parcels",
	"storegroup_oms.couriers.waybills.recycling.note_changes",
]
# Each gets the rows of the stock ledger just written, in the same transaction.
stock_movement_sinks = [
	"storegroup_oms.connectors.stock_hints.note_stock",
	"storegroup_oms.fulfilment.allocation_queue.note_movements",
]
# Each gets the names of parcels that have just left, in the same transaction.
parcel_shipped_sinks = [
	"storegroup_oms.connectors.confirmations.queue_confirmations",
	"storegroup_oms.couriers.tracking.following.note_shipped",
]

before_job = ["storegroup_oms.languages.start_job"]
scheduler_events = {
	"cron": {
		"* * * * *": [
			"storegroup_oms.connectors.runner.tick",
			"storegroup_oms.inventory.alerts.enqueue_changed",
			"storegroup_oms.inventory.expiry.tick",
			"storegroup_oms.open_api.delivery.start_if_due",
			"storegroup_oms.orders.outbox.enqueue_waiting",
			"storegroup_oms.fulfilment.allocation_queue.tick",
			"storegroup_oms.fulfilment.printing.batches.tick",
			"storegroup_oms.aftersales.answering.tick",
			"storegroup_oms.couriers.tracking.following.enqueue_due",
			"storegroup_oms.orders.review.tick",
		],
		"*/5 * * * *": [
			"storegroup_oms.connectors.runner.recheck_hour",
			"storegroup_oms.couriers.tracking.problems.enqueue",
		],
		"*/10 * * * *": [
			"storegroup_oms.orders.waiting_lines.enqueue_rematch",
			"storegroup_oms.orders.planning.release_due",
			"storegroup_oms.inventory.endless_bundles.enqueue",
		],
		"7 * * * *": [
			"storegroup_oms.inventory.drifts.enqueue_moved",
			"storegroup_oms.inventory.figures.enqueue_moved",
			"storegroup_oms.connectors.runner.recheck_day",
			"storegroup_oms.couriers.waybills.recycling.enqueue_settle",
			"storegroup_oms.orders.buyers.enqueue_stale",
		],
		"23 3 * * *": [
			"storegroup_oms.connectors.runner.recheck_month",
			"storegroup_oms.connectors.runner.refresh_listings_of_all",
		],
		"11 2 * * *": [
			"storegroup_oms.inventory.drifts.enqueue_whole",
			"storegroup_oms.inventory.figures.enqueue_all",
		],
		"37 4 * * *": ["storegroup_oms.couriers.waybills.recycling.enqueue_recycle"],
		"41 3 * * *": ["storegroup_oms.orders.statistics.enqueue_refresh"],
		"17 4 * * *": ["storegroup_oms.couriers.tracking.lanes.enqueue"],
	},
	"daily": [
		"storegroup_oms.open_api.delivery.clear_old_rows",
		"storegroup_oms.fulfilment.printing.batches.clear_files",
	],
}

global_search_doctypes = {
	"Default": [
		{"doctype": "Order", "index": 0},
		{"doctype": "Shipment", "index": 1},
		{"doctype": "Customer", "index": 2},
		{"doctype": "SKU", "index": 3},
	]
}
