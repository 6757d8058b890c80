"""`python -m pipelines` is `diffphy`."""

from pipelines.command_line.diffphy import main

main()
