"""One file a rule, found by walking this package: `<code>_<sentence>.py`."""
