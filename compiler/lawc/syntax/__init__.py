"""Text as written: blocks, items and expressions, each with its place."""
