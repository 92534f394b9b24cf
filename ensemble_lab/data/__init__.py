"""Images and labels: from published files to frozen splits with hashes.

A source (`ensemble_lab.data.sources`) reads what somebody published and checks it;
`ensemble_lab.data.splits` cuts validation from train; every example keeps its position
in the split as published. Nothing here knows of runs or members.
"""
