"""The error of lowering."""


class LoweringError(Exception):
    """A fault of netspec itself: no program was found for a graph."""
