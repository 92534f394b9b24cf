"""Votes of some of a pool's members: how errors fall, and which of them more would mend."""
