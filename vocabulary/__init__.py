"""Words and readers that several roots share: the bottom of the house, which imports nothing of ours."""
