"""The pages keep their promises: examples run, commands are accepted, configurations load, links lead somewhere.

The pages are found in the tree, and the examples in the pages: a new page or example is tested without a new test.
"""

import pathlib
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import yaml
from typer.main import get_command

from pipelines.command_line import diffphy, optimus
from pipelines.config import RunConfig, load
from pipelines.optimizers.configs import TrainConfig, read_train_config
from tests.pipelines import documented_files
from tests.pipelines.documented_files import HeavyWork

ROOT = pathlib.Path(__file__).parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
COMMANDS = {"diffphy": diffphy, "optimus": optimus}
OTHER_PROGRAMS = {"export", "ray"}  # used in examples, but not ours


@dataclass(frozen=True)
class Block:
    """A block of code in a page.

    Attributes:
        page: The page.
        language: What follows the opening fence.
        text: The code.
        line: Number of its first line in the page.
    """

    page: str
    language: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def find_blocks(language: str) -> list[Block]:
    """Return the blocks of all pages in this language, in order."""
    blocks = []
    for page in PAGES:
        text = read(page)
        for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            line = text.count("\n", 0, match.start(2)) + 1
            blocks.append(Block(page, match[1], match[2], line))
    return [block for block in blocks if block.language == language]


def prose(page: str) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", read(page), flags=re.DOTALL | re.MULTILINE)


def code_in_prose(page: str) -> list[str]:
    """Return what stands between backticks."""
    return re.findall(r"`([^`\n]+)`", prose(page))


# Examples in Python


def check_readme(names: dict[str, Any], said: str) -> None:
    """The learned optimizer comes near the minimum of the loss that the README defines."""
    assert names["result"].evaluations == 100
    assert -15.0 - 1e-6 <= names["result"].value < -14.9
    assert names["result"].value == pytest.approx(
        float(names["loss"](names["flat"].unravel(names["result"].x))), abs=1e-3
    )
    assert f"{names['result'].value}" in said


def check_optimizers(names: dict[str, Any], said: str) -> None:
    """`minimise` and the optax transformation go from the same start to the same minimum. The pendulum is held."""
    assert names["result"].value < -14.9
    assert names["loss"](names["params"]) < -14.9
    first, held = names["first"], names["held"]
    assert abs(first.states[-1, 0]) > 2.0
    assert abs(held.states[-1, 0]) < 0.1
    assert held.loss < 0.1 * first.loss


def check_python(names: dict[str, Any], said: str) -> None:
    """The simulation repeats the reconstruction; gradient, batch and files are there."""
    motion, repeated = names["motion"], names["repeated"]
    np.testing.assert_allclose(repeated.position, motion.root_position_world_m[1:], atol=1e-3)
    np.testing.assert_allclose(names["on_left"][:, 2], motion.vertical_forces_N["left foot"][1:], rtol=1e-5)
    assert np.abs(names["pressure"][:, 2]).max() < 0.05  # on the floor
    planned = motion.root_position_world_m[-1]
    led_back, alone = (np.linalg.norm(names[name].position[-1] - planned) for name in ("led_back", "alone"))
    assert led_back < 0.7 * alone
    assert names["gradient"].shape == (7, 19, 4)
    assert names["effort"].contact_force.shape[0] == 6
    assert float(jnp.abs(names["gradient"]).max()) > 0.0
    low, high = names["positions"][:, 2]
    assert low < high
    assert names["result"].folder == pathlib.Path("runs/walk")
    assert {path.name for path in pathlib.Path("runs/walk").iterdir()} >= {"motion.npz", "metrics.json", "feedback.npz"}
    assert pathlib.Path("humanoid.xml").read_text().startswith("<")
    assert pathlib.Path("humanoid.urdf").read_text().startswith("<")


CHECKS: dict[str, Callable[[dict[str, Any], str], None]] = {
    "README.md": check_readme,
    "docs/optimizers.md": check_optimizers,
    "docs/python.md": check_python,
}


@pytest.mark.parametrize("page", sorted({block.page for block in find_blocks("python")}))
def test_the_examples_of_a_page_run_one_after_the_other(
    page: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": page}
    for block in find_blocks("python"):
        if block.page == page:
            exec(compile("\n" * (block.line - 1) + block.text, page, "exec"), names)
    if page in CHECKS:
        CHECKS[page](names, capsys.readouterr().out)


def test_every_python_block_is_run_or_said_not_to_be() -> None:
    """`py` marks what cannot run here: it needs packages of its own, or is no whole program."""
    languages = {match for page in PAGES for match in re.findall(r"^```(\w+)$", read(page), re.MULTILINE)}
    assert languages <= {"python", "py", "console", "yaml", "toml"}
    assert {block.page for block in find_blocks("py")} <= {"CONTRIBUTING.md", "docs/body_meshes.md"}


# Examples of commands


@dataclass(frozen=True)
class Line:
    """A command in an example.

    Attributes:
        place: The page and the line.
        words: Program and arguments.
    """

    place: str
    words: tuple[str, ...]

    @property
    def program(self) -> str:
        return pathlib.PurePosixPath(self.words[0]).name


def find_lines() -> Iterator[Line]:
    for block in find_blocks("console"):
        for number, line in enumerate(block.text.splitlines()):
            place = f"{block.page}:{block.line + number}"
            assert line.startswith("$ "), f"{place} is no command"
            yield Line(place, tuple(shlex.split(line.removeprefix("$ "), comments=True)))


LINES = {f"{line.place} {' '.join(line.words)}": line for line in find_lines()}
OURS = [name for name, line in LINES.items() if line.program in COMMANDS]


@pytest.fixture(scope="module")
def example_files(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The files that the examples name."""
    folder = tmp_path_factory.mktemp("examples")
    blocks = find_blocks("yaml")
    joint_map = [block.text for block in blocks if block.page == "docs/inputs.md"][-1]
    training, motion = (block.text for block in blocks if block.page == "docs/optimizers.md")
    documented_files.write(folder, joint_map=joint_map, training=training, motion=motion)
    return folder


@pytest.mark.parametrize("name", OURS)
def test_a_command_is_accepted(
    name: str,
    example_files: pathlib.Path,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It runs up to its heavy work: real options, a real configuration, and files of the kinds that it names."""
    line = LINES[name]
    shutil.copytree(example_files, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    documented_files.replace_heavy_work(monkeypatch)
    words = [word.replace("/data/", f"{tmp_path}/").replace("/shared/", f"{tmp_path}/") for word in line.words[1:]]
    is_heavy = not {"info", "check", "describe", "curves"} & set(words)
    with pytest.raises((HeavyWork, SystemExit)) as ended:
        COMMANDS[line.program].main(words)
    if is_heavy:
        assert ended.type is HeavyWork, capsys.readouterr().err
    else:
        assert isinstance(ended.value, SystemExit)
        assert ended.value.code == 0, capsys.readouterr().err


def test_the_commands_of_examples_are_known() -> None:
    for name, line in LINES.items():
        assert line.program in {*COMMANDS, *OTHER_PROGRAMS, "make"}, name


def test_the_targets_of_make_exist() -> None:
    targets = re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE)
    wanted = [line.words[1:] for line in LINES.values() if line.program == "make"]
    wanted += [tuple(code.split()[1:]) for page in PAGES for code in code_in_prose(page) if code.startswith("make ")]
    assert len(wanted) > 5
    for words in wanted:
        assert set(words) <= set(targets), words


def options_of(command: Any) -> set[str]:
    """Return the options of a command and of those below it."""
    own = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return own.union(*(options_of(each) for each in getattr(command, "commands", {}).values()))


@pytest.mark.parametrize("page", PAGES)
def test_the_options_in_the_text_exist(page: str) -> None:
    known = {"--help"}.union(*(options_of(get_command(module.app)) for module in COMMANDS.values()))
    of_others = ("python ", ".venv/bin/python ", "pip ", "ray ")
    codes = [code for code in code_in_prose(page) if not code.startswith(of_others)]
    assert {option for code in codes for option in re.findall(r"(?<!\S)--[a-z][a-z-]+", code)} <= known


# Configurations


@pytest.mark.parametrize("block", find_blocks("yaml"), ids=str)
def test_a_configuration_loads(block: Block, tmp_path: pathlib.Path) -> None:
    keys = yaml.safe_load(block.text).keys()
    path = tmp_path / "example.yaml"
    path.write_text(block.text, encoding="utf-8")
    if keys <= documented_files.joint_names():
        return  # `diffphy info` reads it in an example
    if block.page == "docs/optimizers.md":
        assert isinstance(read_train_config(path, {}), TrainConfig)
    else:
        assert isinstance(load(path, {}), RunConfig)


# Links


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    words = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return words.replace(" ", "-")


@pytest.mark.parametrize("page", [*PAGES, "CHANGELOG.md"])
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        path = (ROOT / page).parent / file if file else ROOT / page
        assert path.exists(), f"{page} links to {target}, which is not there"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {slug(heading) for heading in headings}, f"{page} links to {target}: no such heading"


@pytest.mark.parametrize("page", PAGES)
def test_files_named_in_the_text_exist(page: str) -> None:
    folders = "diffphy|optimus|data|viz|pipelines|tests|benchmarks|docs"
    for code in code_in_prose(page):
        if re.fullmatch(rf"({folders})/[\w/.-]*", code):
            assert (ROOT / code).exists(), f"{page} names {code}, which is not there"
        if module := re.fullmatch(r"(?:\.venv/bin/)?python -m (benchmarks\.\w+).*", code):
            assert (ROOT / f"{module[1].replace('.', '/')}.py").is_file(), code


def test_contributing_lists_every_folder_two_levels_deep() -> None:
    packages = ("diffphy", "optimus", "data", "viz", "pipelines")
    inner = {path.parent for package in packages for path in (ROOT / package).glob("*/__init__.py")}
    expected = {*packages, *(path.relative_to(ROOT).as_posix() for path in inner)}
    listed = set(re.findall(r"^\| `([\w/]+)/` \|", read("CONTRIBUTING.md"), re.MULTILINE))
    assert expected <= listed, f"without a line: {sorted(expected - listed)}"


def test_every_page_is_linked_from_the_readme() -> None:
    linked = set(re.findall(r"\]\((docs/\w+\.md)[)#]", read("README.md")))
    assert linked == {page for page in PAGES if page.startswith("docs/")}


def test_the_metrics_are_those_of_the_program() -> None:
    from diffphy.metrics.summary import METRIC_DEFINITIONS

    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| ([^.]*)\. (.*) \|$", read("docs/metrics.md"), re.MULTILINE)
    assert rows == [(key, each.unit, each.label, each.definition) for key, each in METRIC_DEFINITIONS.items()]
