"""What is said of a wrong setting, for a configuration that the program does not know."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field

from data.clip import InputError
from pipelines.settings.option import Option
from pipelines.settings.read import read
from pipelines.settings.section import Section

Said = Callable[..., str]


class Laces(Section):
    """The innermost section."""

    colour: str = "red"
    length_m: Annotated[float, Option("--laces"), Field(gt=0)] = 1.0


class Shoes(Section):
    """A section with a section in it."""

    size: Annotated[int, Option("--size"), Field(ge=16)] = 43
    soles_mm: tuple[float, float] = (8.0, 8.0)
    laces: Laces | None = None


class Wardrobe(Section):
    """A whole configuration."""

    shoes: Shoes = Shoes()
    spare: tuple[Shoes, ...] = ()
    hats: int = 0


@pytest.fixture
def said(tmp_path: Path) -> Said:
    """A function that returns what is said of the text of a file and of options, with FILE for the file's path."""

    def refuse(text: str, **options: Any) -> str:
        path = tmp_path / "wardrobe.yaml"
        path.write_text(text)
        with pytest.raises(InputError) as refused:
            read(Wardrobe, path, {key.replace("__", "."): value for key, value in options.items()})
        return str(refused.value).replace(str(path), "FILE")

    return refuse


@pytest.mark.parametrize(
    ("text", "key", "valid"),
    [
        ("shoe: {}", "shoe", ("shoes", "spare", "hats")),
        ("shoes: {sise: 43}", "shoes.sise", ("size", "soles_mm", "laces")),
        ("shoes: {laces: {color: red}}", "shoes.laces.color", ("colour", "length_m")),
        ("spare: [{}, {sise: 43}]", "spare.1.sise", ("size", "soles_mm", "laces")),
        ("spare: [{laces: {color: red}}]", "spare.0.laces.color", ("colour", "length_m")),
    ],
)
def test_an_unknown_key_lists_the_keys_of_its_section(
    said: Callable[..., str], text: str, key: str, valid: tuple[str, ...]
) -> None:
    message = said(text)
    section = key.rpartition(".")[0]
    assert f"'{key}' in FILE" in message
    assert message.endswith(f"valid keys {f'in {section} ' if section else ''}are {', '.join(valid)}")


@pytest.mark.parametrize(("key", "flag"), [("shoes.size", "--size"), ("shoes.laces.length_m", "--laces")])
def test_a_flag_is_named_if_the_value_came_from_the_command_line(said: Said, key: str, flag: str) -> None:
    message = said("hats: 1", **{key.replace(".", "__"): -1})
    assert message.startswith(f"{flag} ({key}) is -1: ")
    assert "FILE" not in message


def test_no_flag_is_named_if_the_value_came_from_the_file(said: Said) -> None:
    """Not even beside an option that is right."""
    message = said("shoes: {size: 3}", shoes__laces__length_m=2.0)
    assert message.startswith("'shoes.size' in FILE is 3: ")
    assert "--" not in message


def test_a_setting_without_a_flag_is_named_by_its_key(said: Said) -> None:
    message = said("", hats="many")
    assert "'hats' in the command line is 'many'" in message
    assert "FILE" not in message


def test_a_value_that_is_too_short_is_said_to_need_more(said: Said) -> None:
    assert said("shoes: {soles_mm: [8]}") == "'shoes.soles_mm' in FILE is [8]: it needs 2 values"
