"""The wire types: what requests are decoded into and answers are encoded from."""
