"""What a recipe can say: data, losses, metrics, optimizers, schedules. torch is imported in functions alone."""
