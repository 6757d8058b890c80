"""Whether a result can be a person's motion: one judgement a file, each a measurement with a limit and its source.

`judge` runs all of them on a simulated motion, beside the motion that it was to follow.
"""
