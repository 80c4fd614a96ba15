"""What a person at the terminal sees of a training, and how it is stopped."""
