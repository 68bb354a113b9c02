"""Results as tables and lines, to open in other programs."""
