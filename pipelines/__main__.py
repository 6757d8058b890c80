"""`python -m pipelines` is `diffphy`."""

from pipelines.cli import main

main()
