"""Reconstruct sets of clips beside each other, and tabulate their metrics."""
