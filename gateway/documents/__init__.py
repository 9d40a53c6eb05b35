"""Every page and paper that a person reads, made from the views of the rooms below."""
