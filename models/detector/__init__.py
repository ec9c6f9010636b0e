"""The builtin detector, from data to weights: prepare, train, export, evaluate. See `../README.md`."""
