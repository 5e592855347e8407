"""A minimal client that pushes commerce data and keeps the rules."""
