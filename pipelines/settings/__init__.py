"""What a configuration model is made of: sections, options, paths, and how it is read from YAML and a command line."""
