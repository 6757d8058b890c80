"""Collections of clips and where they lie."""
