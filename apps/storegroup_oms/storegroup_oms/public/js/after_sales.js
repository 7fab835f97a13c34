// Refunds of what has not been sent, agreed to from the form or the list.
frappe.provide("storegroup_oms");

storegroup_oms.agree_refunds = (cases) =>
	new Promise((resolve) => {
		frappe.confirm(__("Agree to {0} refunds? The buyers get their money back, nothing is sent.", [cases.length]), () =>
			frappe
				.call({
					method: "storegroup_oms.api.after_sales.agree_refunds",
					type: "POST",
					args: { cases },
					freeze: true,
				})
				.then(({ message: { names, refused } }) => {
					const reasons = Object.entries(refused);
					const text = __("Agreed: {0}. Left: {1}.", [names.length, reasons.length]);
					frappe.show_alert({ message: text, indicator: reasons.length ? "orange" : "green" }, 7);
					if (reasons.length) {
						const escape = frappe.utils.escape_html;
						frappe.msgprint({
							title: __("Not Agreed To"),
							indicator: "orange",
							message: reasons
								.map(([name, reason]) => `<p><b>${escape(name)}</b> ${escape(reason)}</p>`)
								.join(""),
						});
					}
					resolve();
				})
		);
	});
