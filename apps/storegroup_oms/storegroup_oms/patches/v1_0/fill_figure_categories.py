"""Give the figures of stock that were reckoned before they had a category the category of their SKU."""

import frappe


def execute() -> None:
	"""Fill what is empty. Idempotent."""
	frappe.db.sql(
		"""UPDATE `tabStock Figure` figure JOIN `tabSKU` goods ON goods.name = figure.sku
		SET figure.category = IFNULL(goods.category, '') WHERE figure.category IS NULL"""
	)
