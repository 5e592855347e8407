"""What syncs write into the accounting software, and whether it is what the merchant sold."""
