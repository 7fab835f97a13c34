import { ScanCount } from "./scan/count";
import { ScanReceive } from "./scan/receive";

frappe.provide("storegroup_oms");
Object.assign(storegroup_oms, { ScanCount, ScanReceive });
