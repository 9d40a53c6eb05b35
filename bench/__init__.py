"""What the project claims about speed, measured as ratios in one run with results compared for equality."""
