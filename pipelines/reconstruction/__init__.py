"""Reconstruct one recording: solve, measure, write, draw."""
