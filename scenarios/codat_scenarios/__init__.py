"""Merchants, stories and integrations to rehearse with."""
