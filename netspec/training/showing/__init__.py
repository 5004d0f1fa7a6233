"""The display of a run: progress, figures, pictures."""
