"""One file a command: open, compute, save. The Python twin of the command line."""
