"""Proofs about rules: gaps, overlaps, dead rows and clauses, and what authors claim."""
