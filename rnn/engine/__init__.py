"""What computes: the reference in NumPy and the compiled engine."""
