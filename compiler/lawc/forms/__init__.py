"""What a frozen module can be: a formula, a network; torch and nothing else."""
