"""Another system's end of a webhook, on loopback; checks signatures with code of its own."""

import hashlib
import hmac
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class WebhookReceiver:
	"""A server that keeps what it gets and answers from `answers`: (status, headers), the last one for good.

	A status of None holds the request until the receiver is closed. Use as a context manager.
	"""

	def __init__(self, *answers: tuple[int | None, dict[str, str]]) -> None:
		self.answers = list(answers) or [(200, {})]
		self.requests: list[tuple[str, dict[str, str], bytes]] = []
		self.closing = threading.Event()
		receiver = self

		class Handler(BaseHTTPRequestHandler):
			def do_POST(self) -> None:
				body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
				receiver.requests.append((self.path, dict(self.headers), body))
				status, headers = (
					receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
				)
				if status is None:
					receiver.closing.wait(60)
					return
				self.send_response(status)
				for name, value in headers.items():
					self.send_header(name, value)
				self.end_headers()

			def log_message(self, *_args) -> None:
				return

		self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
		self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
		self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

	def __enter__(self) -> "WebhookReceiver":
		self.thread.start()
		return self

	def __exit__(self, *_error) -> None:
		self.closing.set()
		self.server.shutdown()
		self.server.server_close()


def is_genuine(secret: str, headers: dict[str, str], body: bytes) -> bool:
	"""What the guide tells a receiver to do."""
	signed = f"{headers['X-OMS-Timestamp']}.".encode() + body
	wanted = "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
	return hmac.compare_digest(wanted, headers["X-OMS-Signature"])
