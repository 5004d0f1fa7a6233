"""Training on many devices: one process for each, the same batches as on one.

`world` and `launch` import no torch: a command starts its processes before it pays for that.
"""
