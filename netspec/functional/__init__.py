"""The computations of training, as plain functions of tensors.

`netspec train` calls them, and scripts carry them along: files import only torch,
Python's own library and each other, and no two of them define the same name.
"""
