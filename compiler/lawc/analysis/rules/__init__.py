"""Rules as written into checked rules: names, kinds, units, cells, days."""
