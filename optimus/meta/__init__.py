"""Meta-training: how the parameters of a learned optimizer are found."""
