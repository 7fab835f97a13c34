"""Which addresses are called, and what one call gives away."""

import socket
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from storegroup_oms.open_api import targets
from storegroup_oms.open_api.targets import TargetRefusedError, check_url, is_public, make_signature, send
from storegroup_oms.tests.compat import UnitTest

PRIVATE = (
	"127.0.0.1",
	"0.0.0.0",  # noqa: S104 (only judged)
	"10.1.2.3",
	"172.16.0.1",
	"192.168.1.1",
	"169.254.169.254",
	"100.64.0.1",
	"224.0.0.1",
	"240.0.0.1",
	"::1",
	"::",
	"fe80::1",
	"fc00::1",
	"ff02::1",
	"::ffff:127.0.0.1",
	"::ffff:10.0.0.1",
	"64:ff9b::7f00:1",
	"2002:7f00:1::",
)
PUBLIC = ("1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101")


def resolve_to(*addresses: str):
	rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
	return patch.object(socket, "getaddrinfo", return_value=rows)


class TestAddresses(UnitTest):
	def test_private_addresses_are_not_public(self):
		for address in PRIVATE:
			with self.subTest(address):
				self.assertFalse(is_public(address))
		for address in PUBLIC:
			with self.subTest(address):
				self.assertTrue(is_public(address))

	@given(st.ip_addresses(v=4))
	def test_wrapping_changes_no_verdict(self, address):
		for wrapped in (f"::ffff:{address}", f"64:ff9b::{int(address) >> 16:x}:{int(address) & 0xFFFF:x}"):
			self.assertEqual(is_public(wrapped), is_public(str(address)))

	def test_refused_urls(self):
		for url in (
			"",
			"hooks.example.com",
			"ftp://example.com/x",
			"file:///etc/passwd",
			"http://example.com/x",
			"https://",
			"https://user:word@example.com/",
			"https://user@example.com/",
			"https://example.com:0/",
			"https://example.com:99999/",
			"https://exa mple.com/",
			"https://example.com\\@10.0.0.1/",
			"https://localhost/",
			"https://LOCALHOST./",
			"https://printer.local/",
			"https://127.0.0.1/",
			"https://[::1]/",
			"https://10.0.0.1:8443/x",
		):
			with self.subTest(url), self.assertRaises(TargetRefusedError):
				check_url(url, allow_private=False)
		self.assertEqual(check_url("https://example.com/x?y=1", allow_private=False).hostname, "example.com")

	def test_private_urls_where_allowed(self):
		self.assertEqual(check_url("http://127.0.0.1:8000/x", allow_private=True).port, 8000)
		for url in ("ftp://127.0.0.1/", "http://user:word@127.0.0.1/"):
			with self.subTest(url), self.assertRaises(TargetRefusedError):
				check_url(url, allow_private=True)

	def test_every_answer_of_the_name_is_judged(self):
		with resolve_to("1.1.1.1", "10.0.0.1"), self.assertRaises(TargetRefusedError):
			targets.resolve("example.com", 443, allow_private=False)
		with resolve_to("1.1.1.1"):
			self.assertEqual(targets.resolve("example.com", 443, allow_private=False), "1.1.1.1")

	def test_numbers_in_disguise_are_judged_after_resolving(self):
		for host in ("2130706433", "0x7f000001", "127.1", "0177.0.0.1"):
			with self.subTest(host):
				outcome = send(f"https://{host}/", b"{}", {}, allow_private=False)
				self.assertIsNone(outcome.status)
				self.assertIn(outcome.error, ("refused: the address is not public", "unknown host"))

	def test_the_judged_address_is_the_one_that_is_called(self):
		"""A name that points elsewhere on a second look is not looked up again."""
		called = []

		def connect(address, *_args, **_options):
			called.append(address)
			raise OSError("stop here")

		with resolve_to("1.1.1.1") as resolve, patch("urllib3.util.connection.create_connection", connect):
			outcome = send("https://example.com/x", b"{}", {}, allow_private=False)

		self.assertEqual(called, [("1.1.1.1", 443)])
		self.assertEqual(resolve.call_count, 1)
		self.assertIsNone(outcome.status)

	def test_a_refused_target_is_not_called(self):
		with (
			resolve_to("10.0.0.1"),
			patch("urllib3.util.connection.create_connection") as connect,
		):
			outcome = send("https://example.com/x?token=tell-nobody", b"{}", {}, allow_private=False)
		self.assertEqual((outcome.is_refused, connect.call_count), (True, 0))
		self.assertNotIn("tell-nobody", outcome.error)


class TestSignature(UnitTest):
	def test_known_value(self):
		# printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac secret
		self.assertEqual(
			make_signature("secret", 1_700_000_000, b'{"a":1}'),
			"sha256=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686",
		)

	def test_time_body_and_secret_count(self):
		base = make_signature("secret", 1, b"body")
		for other in (
			make_signature("Secret", 1, b"body"),
			make_signature("secret", 2, b"body"),
			make_signature("secret", 1, b"bodY"),
		):
			self.assertNotEqual(other, base)
