"""Integrations to judge: small programs that push a till's sales, and keep or break the rules.

Each is a module with a sentence of what it does (its docstring), a `main` that is given the shop,
the codes of the rules that it breaks (`BREAKS`, none where it keeps them all), and the world around
it (`SCENE`) where that is not the usual one. Run one by `python -m codat_scenarios.integrations`.
"""
