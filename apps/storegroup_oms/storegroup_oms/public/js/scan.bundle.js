import { ScanCount } from "./scan/count";
import { ScanReceive } from "./scan/receive";
import { PackingTable } from "./scan/packing";
import { Wall } from "./scan/wall";

frappe.provide("storegroup_oms");
Object.assign(storegroup_oms, { PackingTable, ScanCount, ScanReceive, Wall });
