"""Modules that let torchvision's detectors run the parts of a network; built source carries those that it uses.

A file of this package imports torch and torchvision as built source does, and is imported by nobody but tests: the
networks that detect nothing need no torchvision.
"""
