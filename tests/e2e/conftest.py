"""A browser on the running product: the stack and Chromium once per session, a page per test that watches for faults."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import frappe
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from runtime.bench import Bench
from tests.e2e.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "test-results"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
	"--no-sandbox",
	"--disable-gpu",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
	"--no-first-run",
	"--disable-quic",
)
TIMEOUT_MS = 30_000
# Five seconds of its own are few for a machine that is busy.
expect.set_options(timeout=TIMEOUT_MS)


class Watch:
	"""What went wrong in a page: console errors, uncaught exceptions, failed requests, answers of 400 and above."""

	def __init__(self, page: Page) -> None:
		self.faults: list[str] = []
		page.on("console", self._hear)
		page.on("pageerror", lambda error: self.faults.append(f"exception: {error}"))
		page.on("response", self._see)
		page.on("requestfailed", self._miss)

	def _hear(self, message) -> None:
		# Frappe's charts draw bars of a width below 0 when their page is left while they are drawn.
		if message.type == "error" and "<rect> attribute width: A negative value" not in message.text:
			self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

	def _see(self, response) -> None:
		if response.status >= 400:
			self.faults.append(f"{response.status}: {response.url}")

	def _miss(self, request) -> None:
		# Leaving a page ends what it was still fetching; that is no fault.
		if request.failure != "net::ERR_ABORTED":
			self.faults.append(f"failed: {request.url} {request.failure}")


@pytest.fixture(scope="session")
def stack(site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
	"""The running product for the test site."""
	product = Stack(Bench(ROOT), site, tmp_path_factory.mktemp("bench"))
	try:
		product.start()
		yield product
	finally:
		product.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
	"""Chromium, for one module: while it runs, its event loop keeps every other one out of this thread."""
	with sync_playwright() as playwright:
		browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
		yield browser
		browser.close()


@pytest.fixture
def page(browser: Browser, stack: Stack, request: pytest.FixtureRequest) -> Iterator[Page]:
	"""A fresh page, Chinese by the browser's own setting; a picture is kept at the end of each test."""
	context = browser.new_context(base_url=stack.url, locale="zh-CN", viewport={"width": 1440, "height": 900})
	context.set_default_timeout(TIMEOUT_MS)
	page = context.new_page()
	yield page
	take_picture(page, f"{request.node.name}-end")
	context.close()


@pytest.fixture
def watch(page: Page) -> Watch:
	"""Collects the page's faults from now on; a test asserts `watch.faults == []` at its end."""
	return Watch(page)


@pytest.fixture
def desk(page: Page, watch: Watch, admin_password: str) -> Page:
	"""A page whose user has logged in through the log-in form, with lists as they are when nobody has filtered them."""
	frappe.db.delete("__UserSettings", {"user": "Administrator"})
	frappe.db.commit()
	frappe.cache.delete_value("_user_settings")
	page.goto("/login")
	expect(page.locator("#login_email")).to_be_visible()
	take_picture(page, "login")
	page.fill("#login_email", "Administrator")
	page.fill("#login_password", admin_password)
	page.click(".form-login .btn-login")
	page.wait_for_url("**/app/**")
	expect(page.locator(".navbar")).to_be_visible()
	return page


@pytest.fixture(scope="session")
def admin_password() -> str:
	return Bench(ROOT).get_secret("admin")


@pytest.fixture(autouse=True)
def logs_on_failure(stack: Stack, request: pytest.FixtureRequest) -> Iterator[None]:
	"""Print the end of the servers' logs where a test failed."""
	failed = request.session.testsfailed
	yield
	if request.session.testsfailed > failed or os.environ.get("OMS_SHOW_LOGS"):
		print(stack.read_logs(), file=sys.stderr)


def take_picture(page: Page, name: str) -> None:
	"""Keep a picture of the page in test-results/ (ignored by git)."""
	SHOTS.mkdir(exist_ok=True)
	page.screenshot(path=SHOTS / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.png")


def open_route(page: Page, *route: str) -> None:
	"""Go to a route of the desk, as a click would; nothing happens where the page is there already.

	Waits until the page that is left has come to rest: Frappe draws a chart that arrives later into a box without
	width, and complains.
	"""
	page.wait_for_load_state("networkidle")
	if page.evaluate("frappe.get_route_str()") == "/".join(route):
		return
	page.evaluate("route => frappe.set_route(route)", list(route))
	page.wait_for_function("route => frappe.get_route_str() === route", arg="/".join(route))


def show_field(page: Page, name: str) -> None:
	"""Bring a field of the open form into view, on whatever tab it stands.

	Asked again until it is there: a tab that is still fading in, or a form that is still refreshing, takes the
	tab back that was just chosen.
	"""
	page.wait_for_function(
		"""name => {
			const field = window.cur_frm && cur_frm.fields_dict[name];
			if (!field) return false;
			if (field.$wrapper.is(":visible")) return true;
			cur_frm.scroll_to_field(name);
			return false;
		}""",
		arg=name,
		polling=500,
	)
