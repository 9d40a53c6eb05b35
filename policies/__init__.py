"""Pure decisions: who may read what, for which purpose, and what of a result may be shown.

Read in this order: `vocabulary` (the words), `programme` (what a municipality declares), `facts` (what is
known of a request), `engine` (the decision, by the Cedar text in `cedar/`), `disclosure` (which cells of a
table are shown). No clock, no database, nothing of the other rooms. `READABLE.md` is the rule book in
Danish and English, generated from the Cedar text.
"""
