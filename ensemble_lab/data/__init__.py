"""Images and labels: from published files to frozen splits with hashes.

A source (`ensemble_lab.data.sources`) reads what somebody published and checks it;
`ensemble_lab.data.loading` makes a data set of it, placed, corrupted and cut into training
and validation; every example keeps its position in the split as published. Nothing here
knows of runs or members.
"""
