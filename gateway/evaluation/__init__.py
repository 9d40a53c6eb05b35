"""What the contract makes of what is known; every look is logged."""
