"""One file a rule, `<code>_<sentence>.py`, discovered by `conflicts.rule.discover`."""
