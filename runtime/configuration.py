"""The configuration files of the private services, written from the checkout's ports and secrets."""

import getpass
import json
import os
import tempfile
import zlib
from pathlib import Path

from runtime.bench import MAIN_SITE, Bench, write_text

SOCKET_PATH_LIMIT = 100
NGINX_TEMPLATE = Path(__file__).with_name("nginx.conf.in")


def write_configuration(bench: Bench, ports: dict[str, int]) -> None:
	"""Write every file that a service reads. Idempotent; no service is restarted here."""
	_write_mariadb(bench, ports)
	_write_redis(bench, "redis_cache", ports["redis_cache"], keep_data=False)
	_write_redis(bench, "redis_queue", ports["redis_queue"], keep_data=True)
	_write_nginx(bench, ports)
	_write_gunicorn(bench, ports)
	_write_common_site_config(bench, ports)


def get_socket(bench: Bench) -> str:
	"""MariaDB's socket: beside its data, or under the temporary folder where that path is too long for a socket."""
	path = str(bench.state / "run" / "mariadb.sock")
	if len(path) <= SOCKET_PATH_LIMIT:
		return path
	return f"{tempfile.gettempdir()}/oms-{os.getuid()}-{zlib.crc32(str(bench.root).encode())}.sock"


def _get_memory_bytes() -> int:
	return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _write_mariadb(bench: Bench, ports: dict[str, int]) -> None:
	buffer_mb = min(max(_get_memory_bytes() // 8 // 1024**2, 256), 4096)
	write_text(
		bench.state / "mariadb.cnf",
		f"""[mariadbd]
user={getpass.getuser()}
datadir={bench.state / "mariadb"}
socket={get_socket(bench)}
pid-file={bench.state / "run" / "mariadb.pid"}
bind-address=127.0.0.1
port={ports["mariadb"]}
character-set-server=utf8mb4
collation-server=utf8mb4_unicode_ci
skip-name-resolve
max_connections=200
max_allowed_packet=256M
innodb_buffer_pool_size={buffer_mb}M
innodb_log_file_size=512M
innodb_flush_log_at_trx_commit=1
innodb_file_per_table=1
innodb_read_only_compressed=OFF
transaction_isolation=REPEATABLE-READ
tmpdir={bench.state / "run"}

[client]
port={ports["mariadb"]}
socket={get_socket(bench)}
default-character-set=utf8mb4
""",
	)


def _write_redis(bench: Bench, name: str, port: int, keep_data: bool) -> None:
	folder = bench.state / name
	folder.mkdir(parents=True, exist_ok=True)
	policy = (
		"appendonly yes\nappendfsync everysec\n"
		if keep_data
		else "maxmemory 512mb\nmaxmemory-policy allkeys-lru\n"
	)
	write_text(
		bench.state / f"{name}.conf",
		f'bind 127.0.0.1\nport {port}\ndir {folder}\ndaemonize no\nsave ""\nloglevel warning\n{policy}',
	)


def _write_gunicorn(bench: Bench, ports: dict[str, int]) -> None:
	write_text(
		bench.state / "gunicorn.conf.py",
		f"""bind = "127.0.0.1:{ports["web"]}"
workers = {max(2, (os.cpu_count() or 2))}
threads = 4
worker_class = "gthread"
timeout = 120
graceful_timeout = 10
max_requests = 5000
max_requests_jitter = 500
preload_app = True
control_socket_disable = True
forwarded_allow_ips = "127.0.0.1"
""",
	)


def _write_nginx(bench: Bench, ports: dict[str, int]) -> None:
	folder = bench.state / "nginx"
	(folder / "tmp").mkdir(parents=True, exist_ok=True)
	bind = os.environ.get("OMS_BIND") or "127.0.0.1"
	write_text(folder / "nginx.conf", make_nginx_configuration(ports, MAIN_SITE, bench.sites, bind))


def make_nginx_configuration(ports: dict[str, int], site: str, sites: Path, bind: str = "127.0.0.1") -> str:
	"""The text of nginx.conf for one site.

	`ports` needs http (where nginx listens), web (gunicorn), socketio and webhooks (the consumer); `sites` is the folder that holds the
	site and the assets. nginx must be started in a folder that has a subfolder `tmp`.
	"""
	kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
	values = {
		"bind": bind,
		"site": site,
		"sites": sites,
		"user": "user root;" if os.geteuid() == 0 else "",
		"temporary": "\n".join(f"\t{kind}_temp_path tmp/{kind};" for kind in kinds),
		**{name: ports[name] for name in ("http", "web", "socketio", "webhooks")},
	}
	text = NGINX_TEMPLATE.read_text()
	for name, value in values.items():
		text = text.replace(f"@{name}@", str(value))
	return text


def _write_common_site_config(bench: Bench, ports: dict[str, int]) -> None:
	path = bench.sites / "common_site_config.json"
	template = json.loads((bench.sites / "common_site_config.template.json").read_text())
	write_text(
		path,
		json.dumps(
			template
			| {
				"db_host": "127.0.0.1",
				"db_port": ports["mariadb"],
				"redis_cache": f"redis://127.0.0.1:{ports['redis_cache']}",
				"redis_queue": f"redis://127.0.0.1:{ports['redis_queue']}",
				"redis_socketio": f"redis://127.0.0.1:{ports['redis_queue']}",
				"socketio_port": ports["socketio"],
				"webserver_port": ports["http"],
				"frappe_user": getpass.getuser(),
				"default_site": MAIN_SITE,
			},
			indent=1,
			sort_keys=True,
		),
	)
