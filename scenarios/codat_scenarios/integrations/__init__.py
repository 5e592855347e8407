"""Integrations to judge: small programs that push a shop's sales and keep or break the rules.

Each is a module with a docstring that says what it does, a `main` that takes the shop, the codes of
the rules it breaks (`BREAKS`; a good one has none), and the `ENVIRONMENT` it runs in where that is
not the default. A story that breaks a rule is a program as well, so a module in `broken` is needed
only for what a story cannot hold. Run one with `python -m codat_scenarios.integrations NAME`.
"""
