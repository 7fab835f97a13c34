const BATCH_COLOURS = { Waiting: "gray", Working: "blue", Completed: "green", Failed: "red" };

frappe.listview_settings["Print Batch"] = {
	add_fields: ["status", "refused", "file"],
	get_indicator(doc) {
		const colour = doc.status === "Completed" && doc.refused ? "orange" : BATCH_COLOURS[doc.status];
		return [__(doc.status), colour, `status,=,${doc.status}`];
	},
	button: {
		show: (doc) => doc.file,
		get_label: () => __("Open File"),
		get_description: (doc) => doc.name,
		action: (doc) => window.open(doc.file, "_blank"),
	},
};
