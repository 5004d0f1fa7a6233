"""Back ends: a program as Python source, and as a live torch module compiled from that source."""
