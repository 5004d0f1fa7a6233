"""The stages of a spec, from its text to the requested results; `netspec.api` is the public interface."""
