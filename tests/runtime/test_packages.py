"""Packages from the registries: what went wrong is told in one line, and a cure with it."""

import pytest

from runtime import packages
from runtime.report import Failure


def test_a_full_disk_is_told_as_one(commands):
	commands.answer(1, stderr="ERROR: Could not install: [Errno 28] No space left on device\n")

	with pytest.raises(Failure) as caught:
		packages._run(["pip"], "Python packages could not be installed")

	assert caught.value.cause == "Python packages could not be installed: the disk is full."


def test_no_network_is_told_by_the_last_error(commands):
	commands.answer(1, stderr="warning one\nERROR: Could not find a version\nnotice: a new release\n")

	with pytest.raises(Failure) as caught:
		packages._run(["pip"], "Python packages could not be installed")

	assert caught.value.cause == "Python packages could not be installed: ERROR: Could not find a version"
	assert "Check the network" in caught.value.cure


def test_a_silent_failure_is_still_told(commands):
	commands.answer(1)

	with pytest.raises(Failure) as caught:
		packages._run(["npm"], "Node packages could not be installed")
	assert caught.value.cause.endswith("no answer")


def test_a_failed_installation_is_repeated(bench, commands):
	commands.answer(1)
	for _attempt in range(2):
		with pytest.raises(Failure):
			packages.ensure_environment(bench, with_tests=False)

	assert len(commands) == 2
	assert not list((bench.state / "stamps").glob("requirements*"))


def test_every_package_of_the_locks_has_a_hash():
	for name in ("requirements.lock", "requirements-test.lock"):
		entries = [
			entry
			for entry in (packages.LOCKS / name).read_text().replace("\\\n", " ").splitlines()
			if entry.strip() and not entry.lstrip().startswith("#")
		]
		assert len(entries) > 10
		assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
