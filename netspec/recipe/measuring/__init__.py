"""Counters of figures on a device. Imports torch, and is imported where a network is judged."""
