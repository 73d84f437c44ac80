"""Frozen modules: what they say about themselves, how they are stored, how they answer."""
