from storegroup_oms.permissions import SCOPES, get_condition_name

app_name = "storegroup_oms"
app_title = "Storegroup OMS"
app_publisher = "Storegroup OMS contributors"
app_description = "Order management for teams that run many shops"
app_email = "maintainers@storegroup-oms.example"
app_license = "MIT"

export_python_type_annotations = True
require_type_annotated_api_methods = True

before_install = "storegroup_oms.install.before_install"
after_install = "storegroup_oms.install.after_install"
after_migrate = ["storegroup_oms.install.after_migrate"]
before_uninstall = "storegroup_oms.uninstall.before_uninstall"
after_uninstall = "storegroup_oms.uninstall.after_uninstall"

app_include_js = ["storegroup_oms.bundle.js"]
app_include_css = ["storegroup_oms.bundle.css"]

permission_query_conditions = {
	doctype: f"storegroup_oms.permissions.{get_condition_name(doctype)}" for doctype in SCOPES
}
has_permission = {doctype: "storegroup_oms.permissions.has_row_permission" for doctype in SCOPES}

global_search_doctypes = {
	"Default": [
		{"doctype": "Order", "index": 0},
		{"doctype": "Shipment", "index": 1},
		{"doctype": "Customer", "index": 2},
		{"doctype": "SKU", "index": 3},
	]
}
