"""Imports what most background jobs need; see `commands`."""

import frappe.model.document  # noqa: F401

import storegroup_oms.connectors.by_hand
import storegroup_oms.connectors.runner  # noqa: F401
