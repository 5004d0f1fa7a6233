"""netspec and the networks of others: their weights loaded, their numbers compared."""
