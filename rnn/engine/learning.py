"""An optimiser's step in compiled code: the formula of its `step`, number by number."""

from rnn.engine.compilation import inlined, overload


def zero_gradient_is_no_step(optimizer):
    """Return what the rule says of itself: a constant, so that code which it excludes goes."""
    raise NotImplementedError


@overload(zero_gradient_is_no_step)
def _zero_gradient_is_no_step(optimizer):
    answer = optimizer.instance_class.zero_gradient_is_no_step
    return lambda optimizer: answer


def _step(optimizer, theta, slots, g, rate):
    raise NotImplementedError


@overload(_step)
def _step_of_its_class(optimizer, theta, slots, g, rate):
    # Numba compiles no method of a NamedTuple, and as an argument a compiled function would miss
    # the compiled code that is kept.
    step = inlined(optimizer.instance_class.step)
    return lambda optimizer, theta, slots, g, rate: step(optimizer, theta, slots, g, rate)


@inlined
def learn(optimizer, theta, slots, start, end, gradient, rate, clip):
    """Make a step of the numbers from `start` to before `end`, in place.

    `theta` is a flat array, `slots` a tuple of such; `gradient` begins with that of `start`.
    """
    theta, slots = theta[start:end], part(slots, start, end)
    for i in range(theta.size):
        g = gradient[i]
        g = clip if g > clip else g
        g = -clip if g < -clip else g
        theta[i], values = _step(optimizer, theta[i], _at(slots, i), g, rate)
        _put(slots, i, values)


# A rule may have any number of slots, but Numba loops over no tuple: so one and then the others.
def part(arrays, start, end):
    """Return a slice of each array."""
    raise NotImplementedError


@overload(part)
def _part(arrays, start, end):
    if not len(arrays):
        return lambda arrays, start, end: ()
    return lambda arrays, start, end: (arrays[0][start:end], *part(arrays[1:], start, end))


def _at(arrays, i):
    raise NotImplementedError


@overload(_at)
def _at_of_tuple(arrays, i):
    if not len(arrays):
        return lambda arrays, i: ()
    return lambda arrays, i: (arrays[0][i], *_at(arrays[1:], i))


def _put(arrays, i, values):
    raise NotImplementedError


@overload(_put)
def _put_of_tuple(arrays, i, values):
    if not len(arrays):
        return lambda arrays, i, values: None

    def put(arrays, i, values):
        arrays[0][i] = values[0]
        _put(arrays[1:], i, values[1:])

    return put
