"""Takes the pictures of the README and the docs from the running demo: env/bin/python scripts/screenshots.py

Needs ./oms up and Chromium (./oms test installs it). Writes docs/images/*.png, each under 300 KB.
"""

import json
import subprocess
import sys
import urllib.request
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
LIMIT_BYTES = 300_000
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
CLERK = "zhou.qian@example.com"


def main() -> int:
	"""Take every picture; returns 0, or 1 where the desk doesn't run."""
	status = json.loads(
		subprocess.run(
			[str(ROOT / "oms"), "status", "--json"], capture_output=True, text=True, check=True
		).stdout
	)
	if status["processes"].get("web") != "running":
		sys.stderr.write("The desk doesn't run. Start it: ./oms up --detach\n")
		return 1
	password = Path(status["staff_password_file"]).read_text().strip()
	IMAGES.mkdir(parents=True, exist_ok=True)
	with sync_playwright() as playwright:
		browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
		context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
		page = context.new_page()
		page.goto(f"{status['url']}/login")
		page.wait_for_selector(".for-login .btn-login")
		_save(page, "login")
		context.request.post(f"{status['url']}/api/method/login", form={"usr": CLERK, "pwd": password})
		page.goto(f"{status['url']}/app/order-desk")
		page.wait_for_selector(".frappe-chart")
		_save(page, "order-desk")
		page.goto(f"{status['url']}/app/order?status=%5B%22in%22%2C%22To+Review%2COn+Hold%2CTo+Print%22%5D")
		page.wait_for_selector(".list-row .indicator-pill")
		_save(page, "order-list")
		page.locator(".list-row", has_text="SO-").first.locator("a[data-name]").first.click()
		page.wait_for_selector(".form-page .form-section:visible")
		page.locator(".form-tabs .nav-link").nth(1).click()
		_save(page, "order-form")
		page.goto(f"{status['url']}/app/stock-desk")
		page.wait_for_selector(".stock-desk-table")
		_save(page, "stock-overview")
		context.close()
		_take_connections(browser, status)
		browser.close()
	return 0


def _take_connections(browser: Browser, status: dict) -> None:
	"""The administrator's screens. Two orders of the sandbox are spoilt first, so that there is something to heal."""
	shop_id = _spoil_orders(status)
	context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
	password = Path(status["admin_password_file"]).read_text().strip()
	login = {"usr": status["admin_user"], "pwd": password}
	context.request.post(f"{status['url']}/api/method/login", form=login)
	page = context.new_page()
	page.goto(f"{status['url']}/app/quarantined-order")
	page.wait_for_selector('.list-row .indicator-pill[data-filter="status,=,Waiting"]', timeout=120_000)
	_save(page, "quarantine-list")
	page.locator(".list-row a[data-name]").first.click()
	page.wait_for_selector(".form-message:visible")
	_save(page, "quarantine-form")
	page.goto(f"{status['url']}/app/shop-health")
	page.wait_for_selector(".shop-health-row")
	_save(page, "shop-health")
	page.goto(f"{status['url']}/app/shop?platform_shop_id={shop_id}")
	page.locator(".list-row a[data-name]").first.click()
	page.wait_for_selector(".form-dashboard-section:visible .indicator")
	_save(page, "shop-form")
	page.goto(f"{status['url']}/app/pull-window")
	page.wait_for_selector(".list-row .indicator-pill")
	_save(page, "pull-windows")
	context.close()


def _spoil_orders(status: dict) -> str:
	token = Path(status["sandbox_token_file"]).read_text().strip()

	def ask(path: str, body: dict | None = None) -> dict:
		data = json.dumps(body).encode() if body else None
		url = f"{status['sandbox_url']}/_control/{path}"
		request = urllib.request.Request(url, data, {"X-Control-Token": token})
		with urllib.request.urlopen(request, timeout=30) as answer:
			return json.load(answer)

	shop_id = ask("shops")["shops"][0]["shop_id"]
	for poison in ("unreadable_amount", "missing_lines"):
		ask("orders", {"shop_id": shop_id, "order": {"poison": poison}})
	return shop_id


def _save(page: Page, name: str) -> None:
	page.wait_for_timeout(4_000)  # charts and numbers arrive one by one and say nothing when they are done
	image = Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(192)
	target = IMAGES / f"{name}.png"
	image.save(target, optimize=True)
	size = target.stat().st_size
	print(f"{target.relative_to(ROOT)}  {size / 1024:.0f} KB")
	if size > LIMIT_BYTES:
		raise SystemExit(f"{target.name} is over {LIMIT_BYTES} bytes")


if __name__ == "__main__":
	sys.exit(main())
