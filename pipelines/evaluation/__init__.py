"""Many runs: sets of clips, beside each other, and the tables of their metrics."""
