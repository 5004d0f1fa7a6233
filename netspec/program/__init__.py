"""The neutral program, which lowering makes, `resolve` evaluates and the back ends render.

A program is a tree: classes (`classes`) with parameters, statements that build children (`building`) and statements
that compute with them (`forward`). It is free of syntax; the source back end writes it as Python. Its leaves are the
layers with their options, and the torch calls that they emit (`calls`): only these parts of the program are needed to
read and analyse a spec.
"""

from netspec.program.calls import Call, Constant, Function, Parameter, Place

__all__ = ["Call", "Constant", "Function", "Parameter", "Place"]
