"""A simulated municipality: writes register extracts in the true formats, for people who do not exist.

Every CPR number is a replacement number (day + 60), which cannot belong to a person. Nothing here is read by
the pipeline: it sees only the files.
"""
