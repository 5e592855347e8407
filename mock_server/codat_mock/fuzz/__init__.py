"""Searches for the shortest trouble that an integration does not survive."""
