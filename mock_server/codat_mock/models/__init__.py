"""The wire types: requests are decoded into them, answers encoded from them."""
