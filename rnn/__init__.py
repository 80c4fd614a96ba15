"""A character-level recurrent network in NumPy: the model, its training, its text.

The package works on arrays and paths that it is given. It knows nothing of params.yaml, of DVC or
of the command line; the modules of `stages` bring these together.
"""
