"""Decisions: rules as exact data, and what evaluates them; no text of an author, no units."""
