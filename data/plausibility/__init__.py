"""Whether a recording can be a person's motion: one judgement a file, each a measurement with a limit and its source.

`judge` runs all of them on a clip. `up_axis` and `body_size` tell the readers of files which way is up and how large
the person is, from the same evidence.
"""
