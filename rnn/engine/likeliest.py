"""A choice of the likeliest characters, in compiled code."""

from rnn.engine.compilation import inlined


@inlined
def keep_likeliest(p, heap, count, share):
    """Zero all weights p (K,) but the likeliest; return the sum of those that stay.

    As many stay as it takes to come to the weight `share`, but `count` at the most. `heap` (K,) is
    overwritten. Of equal weights, that with the lower index comes first.
    """
    size = p.size
    for k in range(size):
        heap[k] = k
    for place in range(size // 2 - 1, -1, -1):
        _sink(p, heap, place, size)
    total = 0.0
    while size > p.size - count and total < share:
        size -= 1
        likeliest, heap[0] = heap[0], heap[size]
        _sink(p, heap, 0, size)
        total += p[likeliest]
    for place in range(size):
        p[heap[place]] = 0
    return total


@inlined
def _sink(p, heap, place, size):
    """Let an index sink in a heap until none below it is likelier: as in heapsort."""
    sinking, below = heap[place], 2 * place + 1
    while below < size:
        if below + 1 < size and _is_likelier(p, heap[below + 1], heap[below]):
            below += 1
        if not _is_likelier(p, heap[below], sinking):
            break
        heap[place] = heap[below]
        place, below = below, 2 * below + 1
    heap[place] = sinking


@inlined
def _is_likelier(p, one, other):
    return p[one] > p[other] or (p[one] == p[other] and one < other)
