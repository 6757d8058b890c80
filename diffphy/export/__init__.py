"""The humanoid as a model file of other simulators."""
