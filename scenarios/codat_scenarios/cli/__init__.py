"""The commands that this package adds to `codat-mock`."""
