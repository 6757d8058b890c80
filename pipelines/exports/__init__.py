"""Finished runs as files for other tools: one kind of file a module, all of them listed in `registry`."""
