frappe.provide("frappe.dashboards.chart_sources");

frappe.dashboards.chart_sources["Order Figures"] = {
	method: "storegroup_oms.analytics.dashboard_chart_source.order_figures.order_figures.get",
	filters: [],
};
