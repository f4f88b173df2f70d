"""What tests need to be there, by meaning; names and times are given or fixed, never random."""
