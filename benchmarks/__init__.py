"""What each request costs, beside a floor measured in the same run: `make bench`."""
