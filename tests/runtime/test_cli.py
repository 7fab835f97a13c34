"""The launcher never shows a traceback: a cause, a cure, and an exit code."""

import errno
import json
import threading

import pytest

from runtime import cli
from runtime.report import Failure


@pytest.mark.parametrize(
	("error", "words"),
	[
		(Failure("It is so.", "Do this."), ["✗ It is so.", "What to do: Do this."]),
		(OSError(errno.ENOSPC, "No space left on device", "a"), ["The disk is full", "What to do:"]),
	],
)
def test_a_failure_is_told_on_standard_error(capsys, error, words):
	def fail():
		raise error

	assert cli._guard(fail) == 1
	told = capsys.readouterr()
	assert all(word in told.err for word in words)
	assert "Traceback" not in told.err + told.out


def test_an_interruption_is_no_fault(capsys):
	def interrupt():
		raise KeyboardInterrupt

	assert cli._guard(interrupt) == 1
	assert "goes on where it stopped" in capsys.readouterr().out


def test_wrong_usage_is_told_by_code_2(tmp_path):
	for arguments in (["fly"], [], ["up", "--port", "many"]):
		with pytest.raises(SystemExit) as caught:
			cli.main(tmp_path, arguments)
		assert caught.value.code == 2


def test_two_launchers_do_not_meet(bench, capsys):
	inside, done = threading.Event(), []

	def second():
		with cli._lock(bench):
			done.append(inside.is_set())

	with cli._lock(bench):
		waiting = threading.Thread(target=second)
		waiting.start()
		waiting.join(timeout=0.3)
		assert waiting.is_alive()
		inside.set()
	waiting.join(timeout=10)

	assert done == [True]
	assert "waiting for it" in capsys.readouterr().out


def test_status_is_one_object_before_anything_is_made(bench, capsys):
	assert cli.main(bench.root, ["status", "--json"]) == 0

	status = json.loads(capsys.readouterr().out)
	assert set(status) >= {
		"url",
		"site",
		"admin_user",
		"admin_password_file",
		"sandbox_url",
		"sandbox_token_file",
		"frappe_version",
		"app_version",
		"processes",
	}
	assert status["url"] is None
	assert set(status["processes"].values()) == {"stopped"}


def test_reset_asks_first(bench, capsys):
	(bench.state / "mariadb").mkdir()

	assert cli.main(bench.root, ["reset"]) == 1
	assert (bench.state / "mariadb").exists()
	assert "--yes" in capsys.readouterr().err

	assert cli.main(bench.root, ["reset", "--yes"]) == 0
	assert not (bench.state / "mariadb").exists()


def test_bench_before_an_installation_says_what_to_run(bench, capsys):
	assert cli.main(bench.root, ["bench", "version"]) == 1
	assert "./oms up" in capsys.readouterr().err


def test_an_unknown_benchmark_is_told_with_the_list(bench, capsys):
	assert cli.main(bench.root, ["benchmark", "nothing"]) == 1
	assert "Choose one of" in capsys.readouterr().err
