"""The configuration files of the private services, written from the checkout's ports and secrets."""

import getpass
import json
import os
import zlib

from runtime.bench import MAIN_SITE, Bench, write_text

SOCKET_PATH_LIMIT = 100


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
	return f"/tmp/oms-{os.getuid()}-{zlib.crc32(str(bench.root).encode())}.sock"


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
	policy = "appendonly yes\nappendfsync everysec\n" if keep_data else "maxmemory 512mb\nmaxmemory-policy allkeys-lru\n"
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
forwarded_allow_ips = "127.0.0.1"
""",
	)


def _write_nginx(bench: Bench, ports: dict[str, int]) -> None:
	folder = bench.state / "nginx"
	(folder / "tmp").mkdir(parents=True, exist_ok=True)
	bind = os.environ.get("OMS_BIND") or "127.0.0.1"
	paths = "\n".join(
		f"\t{kind}_temp_path tmp/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
	)
	write_text(
		folder / "nginx.conf",
		f"""daemon off;
{"user root;" if os.geteuid() == 0 else ""}
pid nginx.pid;
error_log stderr warn;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
	access_log off;
{paths}
	types {{
		text/html html; text/css css; text/javascript js mjs; application/json json map; image/svg+xml svg;
		image/png png; image/jpeg jpg jpeg; image/gif gif; image/x-icon ico; image/webp webp; font/woff woff;
		font/woff2 woff2; font/ttf ttf; audio/mpeg mp3; application/pdf pdf; text/plain txt;
	}}
	default_type application/octet-stream;
	sendfile on;
	gzip on;
	gzip_types text/css text/javascript application/json image/svg+xml;
	gzip_proxied any;
	client_max_body_size 200m;
	map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
	map $http_x_frappe_site_name $site {{ default $http_x_frappe_site_name; '' {MAIN_SITE}; }}
	server {{
		listen {bind}:{ports["http"]};
		server_name _;
		root {bench.sites};
		add_header X-Content-Type-Options nosniff;
		location ~ ^/assets/[^/]+/dist/ {{
			add_header Cache-Control "public, max-age=31536000, immutable";
			try_files $uri =404;
		}}
		location /assets/ {{
			add_header Cache-Control "public, max-age=3600";
			try_files $uri =404;
		}}
		location /socket.io {{
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection $connection_upgrade;
			proxy_set_header X-Frappe-Site-Name $site;
			proxy_set_header Host $http_host;
			proxy_set_header Origin $http_origin;
			proxy_pass http://127.0.0.1:{ports["socketio"]};
		}}
		location ~ ^/files/ {{
			add_header Content-Disposition attachment;
			add_header X-Content-Type-Options nosniff;
			try_files /$site/public/$uri @web;
		}}
		location / {{ try_files /nonexistent @web; }}
		location @web {{
			proxy_http_version 1.1;
			proxy_set_header X-Forwarded-For $remote_addr;
			proxy_set_header X-Forwarded-Proto $scheme;
			proxy_set_header X-Frappe-Site-Name $site;
			proxy_set_header Host $http_host;
			proxy_set_header X-Use-X-Accel-Redirect True;
			proxy_read_timeout 130;
			proxy_pass http://127.0.0.1:{ports["web"]};
		}}
		location /protected/ {{ internal; try_files /$site/$uri =404; }}
	}}
}}
""",
	)


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
