"""The pinned versions say the same everywhere."""

import pathlib
import re

import yaml

REPOSITORY = pathlib.Path(__file__).parent.parent


def pins(lock: str) -> dict[str, str]:
    """Distribution -> version in a lock file."""
    return dict(re.findall(r"^([a-z][^=\s]*)==(\S+)", (REPOSITORY / lock).read_text(), flags=re.MULTILINE))


def test_conda_environment_has_the_pins_of_the_lock() -> None:
    dependencies = yaml.safe_load((REPOSITORY / "environment.yml").read_text())["dependencies"]
    assert "python=3.11" in dependencies
    assert dict(line.split("==") for line in dependencies[-1]["pip"]) == pins("requirements.lock")


def test_development_lock_extends_the_runtime_lock() -> None:
    runtime, development = pins("requirements.lock"), pins("requirements-dev.lock")
    assert runtime.items() <= development.items()
    assert {"pytest", "ruff", "pyright"} <= development.keys() - runtime.keys()


def test_mjx_is_the_version_of_mujoco() -> None:
    development = pins("requirements-dev.lock")
    assert development["mujoco"] == development["mujoco-mjx"]


def test_locks_name_no_package_index() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock", "environment.yml"):
        assert "http" not in (REPOSITORY / lock).read_text()
