"""Collections of recordings: which sequences there are, which are evaluated, and where a folder holds them."""
