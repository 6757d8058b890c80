"""The one error that callers of `viz` have to expect."""


class RenderError(Exception):
    """A picture could not be made; the message is one sentence that says what failed and what to do."""
