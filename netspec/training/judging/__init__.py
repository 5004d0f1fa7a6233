"""Judging of a network: its figures on data, and its predictions for images."""
