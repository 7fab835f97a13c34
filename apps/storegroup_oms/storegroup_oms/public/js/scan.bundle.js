import { ScanCount } from "./scan/count";
import { ScanReceive } from "./scan/receive";
import { PackingTable } from "./scan/packing";

frappe.provide("storegroup_oms");
Object.assign(storegroup_oms, { PackingTable, ScanCount, ScanReceive });
