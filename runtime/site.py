"""Sites of the bench: made, brought up to date, filled with the demo company."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from runtime.bench import Bench, fingerprint
from runtime.report import Failure, step


def run_frappe(
	bench: Bench, *arguments: str, check: bool = True, capture: bool = True
) -> subprocess.CompletedProcess:
	"""Run one of Frappe's own commands in `sites/`. With check, a failing one raises Failure with its last line."""
	result = subprocess.run(
		[str(bench.python), "-m", "frappe.utils.bench_helper", "frappe", *arguments],
		cwd=bench.sites,
		env=get_environment(bench),
		capture_output=capture,
		text=True,
		check=False,
	)
	if check and result.returncode:
		lines = [line.strip() for line in (result.stderr or result.stdout or "").splitlines() if line.strip()]
		raise Failure(
			f"bench {' '.join(a for a in arguments if 'password' not in a)[:120]} failed: "
			f"{lines[-1][:400] if lines else 'no answer'}",
			f"The whole output stands in {bench.show(_keep_output(bench, result))}. Mend the cause and run again.",
		)
	return result


def _keep_output(bench: Bench, result: subprocess.CompletedProcess) -> Path:
	path = bench.logs / "last-failure.log"
	path.write_text((result.stdout or "") + (result.stderr or ""))
	return path


def get_environment(bench: Bench) -> dict[str, str]:
	return os.environ | {
		"PATH": bench.search_path,
		"GIT_PYTHON_REFRESH": "quiet",
		"PYTHONPATH": "",
	}


def ensure_site(bench: Bench, site: str) -> None:
	"""Make the site with both apps, or bring it up to the code's state. A half-made site is made anew."""
	code = fingerprint(bench.app, suffixes=(".py", ".json", ".csv", ".txt", ".html"))
	made = bench.is_stamped(f"site-{site}", "made")
	if not made:
		with step(f"Making the site {site}"):
			_create(bench, site)
		bench.stamp(f"site-{site}", "made")
		bench.stamp(f"code-{site}", code)
	elif not bench.is_stamped(f"code-{site}", code):
		with step(f"Bringing the site {site} up to date"):
			run_frappe(bench, "--site", site, "migrate")
		bench.stamp(f"code-{site}", code)


def _create(bench: Bench, site: str) -> None:
	shutil.rmtree(bench.sites / site, ignore_errors=True)
	run_frappe(
		bench,
		"new-site",
		site,
		"--force",
		"--db-root-username=root",
		f"--db-root-password={bench.get_secret('mariadb-root')}",
		f"--admin-password={bench.get_secret('admin')}",
		"--no-mariadb-socket",
	)
	run_frappe(bench, "--site", site, "install-app", "storegroup_oms")
	wizard = {
		"language": "简体中文",
		"country": "China",
		"timezone": "Asia/Shanghai",
		"currency": "CNY",
		"full_name": "管理员",
		"email": "admin@example.com",
		"password": "",
		"enable_telemetry": 0,
	}
	run_frappe(
		bench,
		"--site",
		site,
		"execute",
		"storegroup_oms.setup.site.complete_setup_wizard",
		"--kwargs",
		json.dumps({"answers": wizard}),
	)
	run_frappe(bench, "--site", site, "enable-scheduler")


def ensure_demo(bench: Bench, site: str) -> None:
	"""Fill the site with the demo company once."""
	company = bench.root / "fixtures" / "company"
	wanted = fingerprint(company)
	if bench.is_stamped(f"demo-{site}", wanted) or not company.exists():
		return
	with step("Filling in the demo company"):
		run_frappe(
			bench,
			"--site",
			site,
			"execute",
			"storegroup_oms.setup.demo.load",
			"--kwargs",
			json.dumps({"folder": str(company), "staff_password": bench.get_secret("demo-staff")}),
		)
	bench.stamp(f"demo-{site}", wanted)
