"""Who watches, and what they may stop."""
