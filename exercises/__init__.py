"""A network that learns to write, in fifteen exercises; `python -m exercises.check` checks them.

Yours to write, in this order: vocabulary, network (to backward), learning (clip and adagrad),
writing, learning (adam), measuring. Given: parameters, training, check.
"""
