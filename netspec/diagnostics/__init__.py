"""Diagnostics: data, codes, near-miss names and their rendering."""

from netspec.diagnostics.codes import Code
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix, NetspecError, Related, Span, as_dicts
from netspec.diagnostics.nearmiss import CROWDED, did_you_mean, near_miss, unknown

__all__ = [
    "CROWDED",
    "Code",
    "Diagnostic",
    "Edit",
    "Fix",
    "NetspecError",
    "Related",
    "Span",
    "as_dicts",
    "did_you_mean",
    "near_miss",
    "unknown",
]
