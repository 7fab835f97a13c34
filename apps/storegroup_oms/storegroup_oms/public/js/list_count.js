// Lists count up to 1,000 matches and then say "1000+", as Frappe 16 does by itself. See ADR 0014.
const LIMIT = 1000;

const list = frappe.views.ListView.prototype;

if (!("count_upper_bound" in list)) {
	list.get_count_str = function () {
		const shown = this.data.length;
		const records = this.data.uniqBy((row) => row.name).length;
		const filters = this.get_filters_for_args();
		return frappe
			.xcall("frappe.desk.reportview.get_count", {
				doctype: this.doctype,
				filters,
				fields: [],
				distinct: filters.some((filter) => filter[0] !== this.doctype),
				limit: LIMIT + 1,
			})
			.then((count) => {
				this.total_count = count || shown;
				this.count_without_children = records !== shown ? records : undefined;
				const total = count > LIMIT ? `${LIMIT}+` : this.total_count;
				return records === shown
					? __("{0} of {1}", [shown, total])
					: __("{0} of {1} ({2} rows with children)", [records, total, shown]);
			});
	};
}
