"""What the pipeline does with rules: make, freeze, test, judge."""
