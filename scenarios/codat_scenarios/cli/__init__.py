"""What the package adds to the command `codat-mock`."""
