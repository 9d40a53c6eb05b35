"""Nothing is lost for good: what is backed up, how it comes back, and what is said of it."""
