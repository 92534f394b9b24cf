"""Arrays in, arrays out, one block of examples at a time; no files, no labels' door, no pictures.

A room for each question::

    votes         what the members say, made one class an example
    subsets       what fewer members would say, and what more of them would mend
    selection     which members shall say it
    diversity     how differently they err
    significance  whether a number of errors, or a difference of two, is more than chance
    calibration   how far their probabilities can be believed

`confusion` counts which classes are taken for which, `curves` joins the histories of several
seeds, and `logs` is the logarithm that all rooms share.
"""
