"""Networks of others beside netspec's: loading their weights, comparing their numbers."""
