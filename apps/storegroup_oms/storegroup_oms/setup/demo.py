"""The demo company: loads fixtures/company into a site so that every screen has something to show."""

import frappe

from storegroup_oms.setup import demo_masters, demo_stock, demo_store, demo_waybills, demo_work, profiles
from storegroup_oms.setup.demo_buyers import Buyers
from storegroup_oms.setup.demo_company import Company, read_company
from storegroup_oms.setup.demo_orders import make_orders
from storegroup_oms.setup.demo_parcels import make_parcels, store_parcels


def load(folder: str, staff_password: str) -> dict[str, int]:
	"""Load the demo company from a folder of fixtures; returns how many orders were added.

	Everything that happens is generated from the story's seed, with dates relative to now. Idempotent:
	records are known by their names, and the history is written whole or not at all. Commits as the
	last act of a command; when it fails, nothing stays.
	"""
	company = read_company(folder, frappe.utils.now_datetime())
	profiles.ensure_staff_profile()
	demo_masters.ensure_warehouses(company)
	demo_masters.ensure_skus(company)
	demo_masters.ensure_users(company, staff_password)
	demo_masters.ensure_shops(company)
	demo_waybills.ensure_accounts()
	demo_masters.ensure_user_permissions(company)
	demo_masters.ensure_listings(company)
	added = _load_history(company)
	frappe.db.commit()  # a command's last act
	return {"orders": added}


def _load_history(company: Company) -> int:
	"""Orders and all that follows from them, unless the story has been told on this site before."""
	company.roll_again()
	buyers = Buyers(company)
	orders = make_orders(company, buyers)
	if any(demo_store.find_stored(company, order) for order in orders[:3]):
		return 0
	parcels = make_parcels(company, orders)
	demo_store.store_customers(buyers.all, orders)
	demo_store.store_orders(company, orders)
	store_parcels(company, parcels)
	demo_stock.store_stock(company, orders)
	demo_work.store_cases(company, orders)
	demo_work.store_tasks(company, parcels)
	demo_work.store_accesses(company, orders)
	return len(orders)
