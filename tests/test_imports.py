"""Who may import whom: the rules that keep the parts of the project apart."""

import ast
import pathlib
import re
import sys
import tomllib
from collections.abc import Iterator

import pytest

REPOSITORY = pathlib.Path(__file__).parent.parent
ALLOWED = {
    "diffphy": set(),
    "optimus": set(),
    "data": set(),
    "viz": {"diffphy", "data"},
    "pipelines": {"diffphy", "optimus", "data", "viz"},
}
# What a distribution is imported as, where that is not its own name with underscores.
IMPORT_NAMES = {
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "pybullet": "pybullet pybullet_data",
    "pyyaml": "yaml",
}


def imported_packages(folder: pathlib.Path) -> Iterator[tuple[pathlib.Path, str]]:
    """Every (file, top-level package) that a Python file under `folder` imports, inside functions too."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from ((path, alias.name.split(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield path, (node.module or "").split(".")[0] if node.level == 0 else folder.name


@pytest.mark.parametrize("package", ALLOWED)
def test_packages_import_only_what_they_may(package: str) -> None:
    forbidden = set(ALLOWED) - ALLOWED[package] - {package}
    offences = [f"{path}: {name}" for path, name in imported_packages(REPOSITORY / package) if name in forbidden]
    assert not offences


def declared_packages() -> set[str]:
    """What the declared run-time dependencies are imported as."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    distributions = [re.split(r"[<>=\[ ]", line)[0] for line in project["dependencies"]]
    return {name for d in distributions for name in IMPORT_NAMES.get(d, d.replace("-", "_")).split()}


def packages_for_videos() -> set[str]:
    """What `make video` installs: it is imported where a video is read, and nowhere else."""
    lines = (REPOSITORY / "requirements-video.in").read_text().splitlines()
    return {re.split(r"[<>=]", line)[0] for line in lines if not line.startswith("#")}


@pytest.mark.parametrize("package", ALLOWED)
def test_every_import_is_a_declared_dependency(package: str) -> None:
    known = declared_packages() | set(ALLOWED) | set(sys.stdlib_module_names)
    imported = [
        (path, name)
        for path, name in imported_packages(REPOSITORY / package)
        if not (path.name == "pose_detector.py" and name in packages_for_videos())
    ]
    missing = {f"{path}: {name}" for path, name in imported if name not in known}
    assert not missing


def test_every_declared_dependency_is_imported() -> None:
    imported = {name for package in ALLOWED for _, name in imported_packages(REPOSITORY / package)}
    assert not declared_packages() - imported


def test_the_rule_sees_imports_inside_functions(tmp_path: pathlib.Path) -> None:
    (tmp_path / "module.py").write_text("def late():\n    from optimus.minimise import minimise\n")
    assert [name for _, name in imported_packages(tmp_path)] == ["optimus"]
