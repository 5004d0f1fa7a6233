"""A run's pictures as PNG: curves of its figures, and the confusion matrix. matplotlib is imported to draw one."""

from netspec.train.pictures.confusion import confusion
from netspec.train.pictures.curves import curves

__all__ = ["confusion", "curves"]
