"""The error that all functions of `viz` raise."""


class RenderError(Exception):
    """A picture cannot be made. The message is one sentence: what failed and what to do."""
