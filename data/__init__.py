"""Motion files to clips on our joints: formats, datasets, floor, resampling and retargeting. No JAX, no physics."""
