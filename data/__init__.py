"""Motion files to clips on our joints: formats, datasets, floor, resampling and retargeting. Numpy only, no physics."""
