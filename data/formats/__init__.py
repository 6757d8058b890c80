"""Readers of files, one format a module. `registry` chooses the reader of a motion, and says how to add a format."""

from data.formats.registry import motion_suffixes, read

__all__ = ["motion_suffixes", "read"]
