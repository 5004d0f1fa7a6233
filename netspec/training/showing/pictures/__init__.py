"""A run's pictures as PNG: curves of its figures, and the confusion matrix. matplotlib is imported to draw one."""
