"""The six roles come once and go without a trace."""

import frappe

from storegroup_oms.setup.roles import ROLES, ensure_roles, remove_roles
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_user


class TestRoles(IntegrationTest):
	def test_each_role_opens_the_desk(self):
		for role in ROLES:
			self.assertEqual(frappe.db.get_value("Role", role, "desk_access"), 1, role)

	def test_a_change_of_an_administrator_stays(self):
		frappe.db.set_value("Role", ROLES[0], "disabled", 1)
		ensure_roles()

		self.assertEqual(frappe.db.get_value("Role", ROLES[0], "disabled"), 1)

	def test_removed_roles_are_taken_from_everybody(self):
		user = create_user(ROLES[:2])
		remove_roles()

		self.assertEqual(frappe.db.count("Role", {"name": ("in", ROLES)}), 0)
		self.assertEqual(frappe.db.count("Has Role", {"parent": user.name, "role": ("in", ROLES)}), 0)
