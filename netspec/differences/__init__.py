"""Differences of two networks, and weights that carry over: from the graphs alone, without torch.

`parts` makes a tree of each graph, `align` pairs the parts of both, `changes` lists the differences, `groups` gathers
changes for one sentence, and `difference` holds everything.
"""

from netspec.differences.difference import Difference, find_difference

__all__ = ["Difference", "find_difference"]
