"""The parts of a recipe: data, losses, metrics, optimizers, schedules. torch is imported in functions and in `measuring` alone."""
