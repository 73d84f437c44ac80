"""Numeric solvers of what lowering states: they know tapes and arrays, not laws."""
