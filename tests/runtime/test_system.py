"""The machine: too little disk, packages that are missing, rights that aren't there."""

import os
import shutil

import pytest

from runtime import system
from runtime.report import Failure


def test_too_little_disk_is_told_with_both_figures(bench, monkeypatch):
	monkeypatch.setenv("OMS_MIN_FREE_BYTES", str(10**18))

	with pytest.raises(Failure) as caught:
		system.check_disk(bench)

	assert "GiB free; 931322574.6 GiB are needed" in caught.value.cause
	assert "run the same command again" in caught.value.cure


def test_enough_disk_is_enough(bench, monkeypatch):
	monkeypatch.setenv("OMS_MIN_FREE_BYTES", "1")

	assert system.check_disk(bench) is None


@pytest.fixture
def missing(monkeypatch, tmp_path):
	"""One Debian package is missing."""
	monkeypatch.setattr(system, "PACKAGES", {"redis-server": str(tmp_path / "not-there")})
	monkeypatch.setattr(system, "POLICY", tmp_path / "policy-rc.d")


def test_without_root_or_sudo_the_one_command_is_named(missing, commands, monkeypatch):
	monkeypatch.setattr(os, "geteuid", lambda: 1000)
	monkeypatch.setattr(shutil, "which", lambda _name: None)

	with pytest.raises(Failure) as caught:
		system.ensure_packages(with_tests=False)

	assert caught.value.cure == (
		"Run once: sudo apt-get update && sudo apt-get install --yes --no-install-recommends redis-server"
	)
	assert commands == []


def test_a_sudo_that_asks_for_a_password_is_not_used(missing, commands, monkeypatch):
	monkeypatch.setattr(os, "geteuid", lambda: 1000)
	monkeypatch.setattr(shutil, "which", lambda _name: "/usr/bin/sudo")
	commands.answer(1)

	with pytest.raises(Failure) as caught:
		system.ensure_packages(with_tests=False)

	assert "Run once: sudo apt-get" in caught.value.cure
	assert commands == [["sudo", "-n", "true"]]


def test_root_installs_without_starting_services(missing, commands, monkeypatch):
	monkeypatch.setattr(os, "geteuid", lambda: 0)

	system.ensure_packages(with_tests=False)

	assert commands == [
		["apt-get", "update", "--quiet"],
		["apt-get", "install", "--yes", "--no-install-recommends", "redis-server"],
	]
	assert not system.POLICY.exists()


def test_a_failing_apt_is_told_by_its_last_error(missing, commands, monkeypatch):
	monkeypatch.setattr(os, "geteuid", lambda: 0)
	commands.answer(100, stderr="Reading lists\nE: Could not resolve the mirror\n")

	with pytest.raises(Failure) as caught:
		system.ensure_packages(with_tests=False)

	assert caught.value.cause.endswith("failed: E: Could not resolve the mirror")
	assert "Check the network" in caught.value.cure
	assert not system.POLICY.exists()


def test_nothing_missing_runs_nothing(commands, monkeypatch, tmp_path):
	monkeypatch.setattr(system, "PACKAGES", {"redis-server": str(tmp_path)})

	system.ensure_packages(with_tests=False)

	assert commands == []
