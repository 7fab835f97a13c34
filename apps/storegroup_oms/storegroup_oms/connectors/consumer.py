"""The long-lived process that receives what platforms push: message sockets, and signed POSTs.

One asyncio loop. Messages of all connections meet in one queue, are stored in batches, and only then confirmed; a
connection that breaks is opened again with a growing pause. Running it twice is harmless: a message stored twice is
one row. Started by `bench --site SITE oms-consumer`.
"""

import asyncio
import logging
import random
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from storegroup_oms.connectors import desk_link
from storegroup_oms.connectors.accounts import now
from storegroup_oms.connectors.base import MessageProtocol, PushMessage
from storegroup_oms.connectors.desk_link import App, DeskLink
from storegroup_oms.connectors.errors import ConnectorError, SignatureError
from storegroup_oms.connectors.registry import get_connector

log = logging.getLogger("storegroup_oms.consumer")
BATCH = 500
QUEUE_SIZE = 5_000
TICK_S = 5
APPS_EVERY_S = 10
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30
STORE_TIMEOUT_S = 20
MAX_BODY = 1_000_000
# What Douyin reads as "not taken", by its own numbers.
REFUSED = 100001
FAILED = 10001


@dataclass
class Parcel:
	"""Messages of one frame or request on their way to the site; `stored` ends when they are committed or failed."""

	platform: str
	messages: list[PushMessage]
	stored: asyncio.Future


class Consumer:
	"""Everything that runs in the process. `port` is where signed POSTs arrive, None for none; loopback only."""

	def __init__(self, link: DeskLink, port: int | None) -> None:
		self.link = link
		self.port = port
		self.queue: asyncio.Queue[Parcel] = asyncio.Queue(QUEUE_SIZE)
		self.apps: list[App] | None = None
		self.sockets: dict[App, asyncio.Task] = {}
		self.stopping = asyncio.Event()

	async def run(self) -> None:
		"""Receive until SIGTERM or SIGINT."""
		loop = asyncio.get_running_loop()
		for number in (signal.SIGTERM, signal.SIGINT):
			loop.add_signal_handler(number, self.stopping.set)
		tasks = [
			asyncio.create_task(self._repeat(self._update_apps, APPS_EVERY_S)),
			asyncio.create_task(self._repeat(self._tick, TICK_S)),
			asyncio.create_task(self._store()),
		]
		server = await self._serve()
		await self.stopping.wait()
		if server:
			await server.cleanup()
		for task in (*self.sockets.values(), *tasks):
			task.cancel()
		await asyncio.gather(*self.sockets.values(), *tasks, return_exceptions=True)
		self.link.close()

	async def _repeat(self, work: Callable[[], Awaitable[None]], every_s: float) -> None:
		while True:
			try:
				await work()
			except Exception:
				log.exception("%s failed", work.__name__)
			await asyncio.sleep(every_s)

	async def _tick(self) -> None:
		await self.link.run(desk_link.tick)

	async def _update_apps(self) -> None:
		"""Open sockets for apps that are new, close those of apps that are gone or have another secret."""
		self.apps = apps = await self.link.run(desk_link.read_apps)
		wanted = {app for app in apps if get_connector(app.platform).messages}
		for app in list(self.sockets):
			if app not in wanted:
				self.sockets.pop(app).cancel()
		for app in wanted - set(self.sockets):
			self.sockets[app] = asyncio.create_task(self._keep_connected(app))

	# Storing

	async def _store(self) -> None:
		while True:
			parcels = [await self.queue.get()]
			while len(parcels) < BATCH and not self.queue.empty():
				parcels.append(self.queue.get_nowait())
			by_platform: dict[str, list[PushMessage]] = {}
			for parcel in parcels:
				by_platform.setdefault(parcel.platform, []).extend(parcel.messages)
			try:
				await self.link.run(desk_link.store_messages, list(by_platform.items()))
				error = None
			except Exception as failure:
				log.exception("%s messages could not be stored; they are not confirmed", len(parcels))
				error = failure
			for parcel in parcels:
				if not parcel.stored.done():
					parcel.stored.set_exception(error) if error else parcel.stored.set_result(None)

	async def _deliver(self, platform: str, messages: list[PushMessage]) -> None:
		"""Return when the messages are committed; raises when they could not be stored."""
		parcel = Parcel(platform, messages, asyncio.get_running_loop().create_future())
		await self.queue.put(parcel)
		await asyncio.wait_for(parcel.stored, STORE_TIMEOUT_S)

	# Sockets

	async def _keep_connected(self, app: App) -> None:
		pause_s = FIRST_PAUSE_S
		while True:
			started = asyncio.get_running_loop().time()
			try:
				await self._talk(app)
				log.info("%s closed the message socket of app %s", app.platform, app.app_key)
			except (aiohttp.ClientError, ConnectorError, OSError, TimeoutError) as error:
				log.warning("Message socket of %s app %s: %s", app.platform, app.app_key, error)
			except Exception:
				log.exception("Message socket of %s app %s", app.platform, app.app_key)
			lived_s = asyncio.get_running_loop().time() - started
			pause_s = FIRST_PAUSE_S if lived_s > LONGEST_PAUSE_S else min(pause_s * 2, LONGEST_PAUSE_S)
			await asyncio.sleep(pause_s * random.uniform(0.5, 1))

	async def _talk(self, app: App) -> None:
		protocol = get_connector(app.platform).messages(app.app_key, app.app_secret, app.gateway_url, now)
		timeout = aiohttp.ClientTimeout(total=None, connect=10)
		async with (
			aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
			session.ws_connect(protocol.get_url(), max_msg_size=4 * 1024 * 1024) as socket,
		):
			for frame in protocol.open():
				await _send(socket, frame)
			beating = asyncio.create_task(self._beat(socket, protocol))
			try:
				async for received in socket:
					if received.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT):
						await self._take(app, protocol, socket, received.data)
			finally:
				beating.cancel()
				with suppress(asyncio.CancelledError):
					await beating

	async def _take(
		self, app: App, protocol: MessageProtocol, socket: aiohttp.ClientWebSocketResponse, frame: bytes | str
	) -> None:
		messages, answers = protocol.receive(frame)
		for answer in answers:
			await _send(socket, answer)
		if messages:
			# Stored and confirmed beside the reading, so that a burst is stored in few batches.
			asyncio.create_task(self._confirm(app, protocol, socket, messages)).add_done_callback(
				_note_failure
			)

	async def _confirm(
		self,
		app: App,
		protocol: MessageProtocol,
		socket: aiohttp.ClientWebSocketResponse,
		messages: list[PushMessage],
	) -> None:
		await self._deliver(app.platform, messages)
		for message in messages:
			if not socket.closed:
				await _send(socket, protocol.confirm(message))

	async def _beat(self, socket: aiohttp.ClientWebSocketResponse, protocol: MessageProtocol) -> None:
		while True:
			await asyncio.sleep(protocol.heartbeat_s)
			for frame in protocol.beat():
				await _send(socket, frame)

	# Signed POSTs

	async def _serve(self) -> web.AppRunner | None:
		if not self.port:
			return None
		application = web.Application(client_max_size=MAX_BODY)
		application.router.add_post("/webhooks/{platform}", self.take_post)
		application.router.add_get("/webhooks/health", _answer_health)
		server = web.AppRunner(application, access_log=None)
		await server.setup()
		await web.TCPSite(server, "127.0.0.1", self.port).start()
		return server

	async def take_post(self, request: web.Request) -> web.Response:
		"""Verify, store, acknowledge; a message without a good signature changes nothing.

		Before the secrets are known nothing can be told from a forgery: the platform is asked to send it again.
		"""
		platform = request.match_info["platform"].capitalize()
		try:
			read = get_connector(platform).read_webhook
		except KeyError:
			read = None
		if read is None:
			raise web.HTTPNotFound
		if self.apps is None:
			return web.json_response({"code": FAILED, "msg": "try again"})
		body = await request.read()
		headers = {key.lower(): value for key, value in request.headers.items()}
		secrets = {app.app_key: app.app_secret for app in self.apps if app.platform == platform}
		try:
			messages = read(headers, body, secrets)
			await self._deliver(platform, messages)
		except SignatureError as error:
			log.warning("A message to %s's address was refused: %s", platform, error.code)
			return web.json_response({"code": REFUSED, "msg": error.code})
		except Exception:
			log.exception("A message of %s could not be stored", platform)
			return web.json_response({"code": FAILED, "msg": "try again"})
		return web.json_response({"code": 0, "msg": "success"})


async def _answer_health(_request: web.Request) -> web.Response:
	return web.json_response({"ok": True})


async def _send(socket: aiohttp.ClientWebSocketResponse, frame: bytes | str) -> None:
	if isinstance(frame, bytes):
		await socket.send_bytes(frame)
	else:
		await socket.send_str(frame)


def _note_failure(task: asyncio.Task) -> None:
	if not task.cancelled() and (error := task.exception()):
		log.warning("Messages were not confirmed: %r", error)


def run(site: str, sites_path: str, port: int | None) -> None:
	"""Run the consumer of a site until it is told to stop."""
	logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")

	async def start() -> None:
		await Consumer(DeskLink(site, sites_path), port).run()

	asyncio.run(start())
