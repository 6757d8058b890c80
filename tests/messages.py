"""How a message about bad input must end: with what to do."""

import re

REMEDIES = (
    *("choose", "correct", "cut", "download", "export", "get", "give", "make", "name", "put", "record", "rename"),
    *("repair", "resume", "solve", "use", "write"),
)


def check_remedy(message: str) -> None:
    """Assert that the part after the last colon or semicolon begins with an imperative.

    A colon within a word, as in builtin:walk, does not count.
    """
    *fault, remedy = re.split(r"[:;] ", message)
    assert fault, f"nothing but '{message}'"
    assert remedy.split()[0] in REMEDIES, f"'{remedy}' does not say what to do"
    assert "\n" not in message
    assert not message.endswith(".")
