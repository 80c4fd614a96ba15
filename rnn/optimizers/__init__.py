"""Rules by which gradients change parameters."""
