"""Dynamic thing groups: their members, the index of things, and the query language."""
