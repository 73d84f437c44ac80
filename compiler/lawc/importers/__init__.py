"""Other formats to the text of laws; what comes out is always a draft."""
