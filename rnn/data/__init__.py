"""The book: its characters, their indices, and the windows that are read."""
