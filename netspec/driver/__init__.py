"""A spec from its text to what is asked of it, stage after stage; `netspec.api` is its face."""
