"""One run: solve, measure, write, draw."""
