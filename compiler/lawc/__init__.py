"""Compile confirmed knowledge into frozen neural modules."""
