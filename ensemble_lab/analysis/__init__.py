"""Arrays in, arrays out, one block of examples at a time; no files, no labels' door, no pictures.

`vote` combines members; `rules` and `ties` hold its registry rows; `groups` and `ballots`
are the first of two levels; `counts` and `sums` are its arithmetic; `intervals` says
how sure a number of errors is.
"""
