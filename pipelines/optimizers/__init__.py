"""Learned optimizers: training, comparing and describing them."""
