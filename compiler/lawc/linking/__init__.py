"""Frozen modules into one network: blend, trace, guard."""
