"""What training computes, as plain functions of tensors.

`netspec train` calls them, and scripts carry them along: files import torch, Python's
own library and each other alone, and no two of them define the same name.
"""
