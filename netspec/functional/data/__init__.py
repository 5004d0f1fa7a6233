"""Readers of data sets, as plain as a script wants them."""
