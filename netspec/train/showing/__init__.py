"""What is shown of a run: progress, figures, pictures."""
