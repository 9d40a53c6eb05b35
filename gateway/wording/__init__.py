"""Words of contracts, registers and settlements, Danish and English; pure."""
