"""Rules as written: blocks, tables, clauses, and their layout."""
