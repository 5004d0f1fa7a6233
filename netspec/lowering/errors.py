"""What goes wrong in lowering."""


class LoweringError(Exception):
    """A fault of netspec itself: a graph that no program was found for."""
