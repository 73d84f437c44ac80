"""FEEL, the language of DMN, into the language of rules."""
