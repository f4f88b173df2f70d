"""The rule engine: facts in, findings out. Pure: it knows the kernel and nothing else."""
