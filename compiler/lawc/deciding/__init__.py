"""Rules at a date: from a checked rule to a program that answers columns.

What a rule decides as of a day, `knowledge/as_of.py` says, since checks and proofs ask it too.
"""
