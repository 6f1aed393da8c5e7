"""The steps, one pair of files each."""
