import io

import pytest
from rich.console import Console

from pipelines import terminal


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the user's terminal shows on stderr."""
    text = io.StringIO()
    monkeypatch.setattr(terminal, "err", Console(file=text, force_terminal=True, color_system=None, width=80))
    return text


def work() -> None:
    """Show two bars."""
    with terminal.counting("looking for a person") as count:
        count(3)
    with terminal.drawing("drawing the video") as draw:
        draw(1, 2)


def test_warnings_and_bars_are_shown(screen: io.StringIO) -> None:
    terminal.warn("the [floor] is assumed")
    work()
    assert screen.getvalue().startswith("Warning: the [floor] is assumed\n")
    assert "looking for a person" in screen.getvalue()
    assert "drawing the video" in screen.getvalue()


def test_redirected_warnings_reach_the_receiver_and_no_bar_is_drawn(screen: io.StringIO) -> None:
    received: list[str] = []
    with terminal.redirected(received.append):
        terminal.warn("the floor is assumed")
        work()
    assert received == ["the floor is assumed"]
    assert screen.getvalue() == ""
    terminal.warn("afterwards")
    assert received == ["the floor is assumed"]
    assert screen.getvalue() == "Warning: afterwards\n"


def test_a_receiver_may_warn_too(screen: io.StringIO) -> None:
    received: list[str] = []

    def receive(message: str) -> None:
        received.append(message)
        terminal.warn(f"passed on: {message}")

    with terminal.redirected(receive):
        terminal.warn("first")
        terminal.warn("second")
    assert received == ["first", "second"]
    assert screen.getvalue() == "Warning: passed on: first\nWarning: passed on: second\n"


def test_a_receiver_that_fails_still_receives(screen: io.StringIO) -> None:
    """As where the user has made warnings errors."""
    received: list[str] = []

    def refuse(message: str) -> None:
        received.append(message)
        raise RuntimeError(message)

    with terminal.redirected(refuse):
        for message in ("first", "second"):
            with pytest.raises(RuntimeError, match=message):
                terminal.warn(message)
    assert received == ["first", "second"]
    assert screen.getvalue() == ""


def test_the_innermost_receiver_receives(screen: io.StringIO) -> None:
    outer: list[str] = []
    inner: list[str] = []
    with terminal.redirected(outer.append):
        terminal.warn("before")
        with pytest.raises(KeyboardInterrupt), terminal.redirected(inner.append):
            terminal.warn("inside")
            raise KeyboardInterrupt
        terminal.warn("after")
    assert (outer, inner) == (["before", "after"], ["inside"])
    assert screen.getvalue() == ""


def test_a_receiver_that_is_the_terminal_itself_changes_nothing(screen: io.StringIO) -> None:
    with terminal.redirected(terminal.warn):
        terminal.warn("the floor is assumed")
        work()
    assert screen.getvalue().startswith("Warning: the floor is assumed\n")
    assert "looking for a person" in screen.getvalue()
