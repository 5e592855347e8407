"""Platforms, charts of accounts, the options of a configuration, and its validation."""
