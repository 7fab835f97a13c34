"""A site of its own through the real bench command: migrate, back up, restore, uninstall, install again.

Works on a copy that is restored from a back-up of the test site, so the test site itself stays as it is.
"""

import json
import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.bench import Bench

ROOT = Path(__file__).parents[2]
COUNTED = ("Order", "Order Event", "Courier", "DocType", "Custom Field", "Workflow", "Workspace")


class Copy:
	"""A site in the test bench, driven from outside by `./oms bench`."""

	def __init__(self, name: str) -> None:
		self.name = name
		self.bench = Bench(ROOT)
		password = self.bench.get_secret("mariadb-root")
		self.root_login = ("--db-root-username", "root", "--db-root-password", password)

	def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
		result = subprocess.run(
			[str(ROOT / "oms"), "bench", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
		)
		if check:
			assert result.returncode == 0, (result.stdout + result.stderr)[-3000:]
		return result

	def on_site(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
		return self.run("--site", self.name, *arguments, check=check)

	def query(self, statement: str) -> list[str]:
		"""Rows of a statement as tab-separated texts."""
		config = self.bench.sites / self.name / "site_config.json"
		login = json.loads(config.read_text())
		result = subprocess.run(
			[
				"mariadb",
				f"--defaults-file={self.bench.state / 'mariadb.cnf'}",
				"--protocol=tcp",
				"--host=127.0.0.1",
				f"--user={login['db_name']}",
				"--batch",
				"--skip-column-names",
				login["db_name"],
			],
			input=statement,
			capture_output=True,
			text=True,
			env=os.environ | {"MYSQL_PWD": login["db_password"]},
			check=True,
		)
		return result.stdout.splitlines()

	def count(self) -> dict[str, int]:
		return {doctype: int(self.query(f"SELECT COUNT(*) FROM `tab{doctype}`")[0]) for doctype in COUNTED}

	def get_schema(self) -> list[str]:
		"""Every column and index of every table."""
		columns = self.query(
			"SELECT table_name, column_name, column_type, column_default, is_nullable FROM information_schema.columns"
			" WHERE table_schema = DATABASE() ORDER BY 1, 2"
		)
		indexes = self.query(
			"SELECT table_name, index_name, seq_in_index, column_name, non_unique FROM information_schema.statistics"
			" WHERE table_schema = DATABASE() ORDER BY 1, 2, 3"
		)
		return columns + indexes

	def get_own_records(self) -> list[str]:
		"""When each DocType, workflow and workspace of ours was last changed."""
		return self.query(
			"SELECT 'DocType', name, modified FROM tabDocType UNION SELECT 'Workspace', name, modified FROM tabWorkspace"
			" UNION SELECT 'Workflow', name, modified FROM tabWorkflow UNION SELECT 'Role', name, modified FROM tabRole"
			" UNION SELECT 'Courier', name, modified FROM tabCourier ORDER BY 1, 2"
		)


@pytest.fixture(scope="module")
def original(site: str) -> Iterator[tuple[Copy, Path]]:
	"""A new site, and the back-up of the test site that it is to be restored from."""
	copy = Copy(f"copy-{secrets.token_hex(3)}.localhost")
	try:
		copy.run("--site", site, "backup")
		backup = max((ROOT / "sites" / site / "private" / "backups").glob("*-database.sql.gz"))
		copy.run(
			"new-site",
			copy.name,
			"--admin-password",
			secrets.token_hex(8),
			"--no-mariadb-socket",
			*copy.root_login,
		)
		yield copy, backup
	finally:
		copy.run("drop-site", copy.name, "--no-backup", "--force", *copy.root_login, check=False)


@pytest.fixture
def copy(original: tuple[Copy, Path]) -> Copy:
	"""The copy as the test site is, whatever the test before did to it."""
	copy, backup = original
	copy.on_site("restore", str(backup), *copy.root_login)
	return copy


def test_backup_brings_everything_back(copy: Copy, tmp_path: Path) -> None:
	report = tmp_path / "report.csv"
	report.write_text(
		"订单编号,总金额,买家实际支付金额,收货地址 ,订单创建时间,订单付款时间 ,退款金额\n"
		"1,10.00,10.00,浙江省,2026-02-21 00:00:00,2026-02-21 00:00:02,0\n"
		"2,20.00,0,浙江省,2026-02-21 00:00:00,,0\n"
	)
	shop = '{"doc": {"doctype": "Shop", "shop_name": "Lifecycle", "platform": "Taobao"}}'
	copy.on_site("execute", "frappe.client.insert", "--kwargs", shop)
	output = copy.on_site("import-orders", "--shop", "Lifecycle", "--file", str(report)).stdout
	assert "New                2" in output
	before = copy.count()
	assert before["Order"] >= 2
	copy.on_site("backup")
	backup = max((ROOT / "sites" / copy.name / "private" / "backups").glob("*-database.sql.gz"))
	copy.query("DELETE FROM tabOrder; DELETE FROM `tabOrder Event`; DELETE FROM tabCourier")
	copy.on_site("restore", str(backup), *copy.root_login)
	assert copy.count() == before


def test_migrate_changes_nothing_the_second_time(copy: Copy) -> None:
	copy.on_site("migrate")
	before = (copy.get_schema(), copy.get_own_records(), copy.count())
	copy.on_site("migrate")
	assert (copy.get_schema(), copy.get_own_records(), copy.count()) == before


def test_uninstall_leaves_a_clean_site_and_install_works_again(copy: Copy) -> None:
	before = copy.count()
	copy.on_site("uninstall-app", "storegroup_oms", "--yes", "--force", "--no-backup")
	modules = (ROOT / "apps" / "storegroup_oms" / "storegroup_oms" / "modules.txt").read_text().split("\n")
	names = ", ".join(f"'{module.strip()}'" for module in modules if module.strip())
	for doctype in ("DocType", "Report", "Workspace", "Number Card", "Dashboard Chart"):
		assert copy.query(f"SELECT name FROM `tab{doctype}` WHERE module IN ({names})") == []
	assert copy.query("SELECT name FROM tabRole WHERE name LIKE 'OMS %'") == []
	assert copy.query("SELECT name FROM tabWorkflow WHERE document_type = 'Order'") == []
	assert copy.query("SELECT name FROM `tabModule Def` WHERE app_name = 'storegroup_oms'") == []
	assert copy.query("SELECT name FROM tabSeries WHERE name IN ('SO-', 'SH-', 'CU-')") == []
	assert copy.query("SHOW TABLES LIKE 'tabOrder'") == []

	copy.on_site("install-app", "storegroup_oms")
	after = copy.count()
	for doctype in ("Courier", "DocType", "Workflow", "Workspace"):
		assert after[doctype] == before[doctype], doctype


def test_site_with_foreign_names_is_refused_and_left_alone(copy: Copy) -> None:
	copy.on_site("uninstall-app", "storegroup_oms", "--yes", "--force", "--no-backup")
	copy.query(
		"INSERT INTO `tabModule Def` (name, module_name, app_name) VALUES ('Stock', 'Stock', 'erpnext');"
		"INSERT INTO tabDocType (name, module, custom) VALUES ('Warehouse', 'Stock', 0), ('Customer', 'Stock', 0)"
	)
	before = copy.query("SELECT name FROM tabDocType ORDER BY name")
	result = copy.on_site("install-app", "storegroup_oms", check=False)
	output = result.stdout + result.stderr
	assert "NameTakenError" in output
	assert "Customer (erpnext), Warehouse (erpnext)" in output
	assert copy.query("SELECT name FROM tabDocType ORDER BY name") == before
	assert "storegroup_oms" not in "".join(copy.query("SELECT app_name FROM `tabModule Def`"))
