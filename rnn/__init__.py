"""A character-level recurrent network in NumPy: the model, its training, its text.

The package works on arrays and paths that it is given. Where they come from it does not know: no
configuration, no pipeline and no command line. So its errors state facts, each of a class that says
what kind of fact; what a user is to do about it the modules of `stages` know, which bring all of
these together.
"""
