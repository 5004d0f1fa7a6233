"""The parts of a recipe: data, losses, metrics, optimizers, schedules. At the top, `measuring` alone imports torch."""
