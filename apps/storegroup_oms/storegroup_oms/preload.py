"""Imports what most background jobs need, and draws a label: fonts and tables that it takes are read then; see `commands`."""

import frappe.model.document  # noqa: F401

import storegroup_oms.connectors.by_hand
import storegroup_oms.connectors.runner
import storegroup_oms.fulfilment.printing.batches  # noqa: F401
from storegroup_oms.fulfilment.printing.documents import Layout
from storegroup_oms.fulfilment.printing.labels import render_labels
from storegroup_oms.fulfilment.printing.samples import SAMPLE

render_labels([SAMPLE], Layout())
