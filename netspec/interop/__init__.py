"""Networks of others beside netspec's: their weights loaded, their numbers compared; and what running one costs."""
