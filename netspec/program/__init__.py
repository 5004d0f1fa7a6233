"""The neutral program: what lowering makes, `resolve` evaluates and the back ends render.

A program is a tree: classes (`classes`) with parameters, statements that build children (`building`) and statements
that compute with them (`forward`). It knows no syntax; the source back end writes it as Python. Its leaves are the
layers with their options, and the calls of torch that they emit (`calls`): of the program, these alone are needed to
read and analyse a spec.
"""

from netspec.program.calls import Call, Function, Parameter, Place

__all__ = ["Call", "Function", "Parameter", "Place"]
