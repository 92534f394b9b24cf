"""How differently members err: all together, in pairs, and which errors coincide."""
