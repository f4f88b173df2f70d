"""The rule engine: facts in, findings out. Pure: it imports only the kernel."""
