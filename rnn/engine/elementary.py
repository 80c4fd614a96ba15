"""exp, tanh and log that give the same bits on every CPU.

Those of libm and of NumPy differ between CPUs in the last bits, which a recurrent network turns
into another text. These are made of IEEE additions, multiplications, divisions and operations on
bits alone, which are exact everywhere. They have no branches, so that LLVM vectorises the loops in
which they stand.

The method is that of Cody and Waite (Software Manual for the Elementary Functions, 1980): with
k = round(x / ln 2) and r = x - k ln 2, exp(x) = 2^k (1 + (exp(r) - 1)), the latter a polynomial
that interpolates at Chebyshev nodes. NaN stays NaN, so that a run that diverges is noticed.

Largest errors against mpmath, in units in the last place, over the samples of
tests/engine/test_elementary.py: exp 1.1, tanh 2.2, log 1.9.
"""

import numpy as np

from rnn.engine.compilation import inlined, overload, types

# The page of the report writes with these too: they stand nowhere else.
INVERSE_LN2 = 1.4426950408889634
LN2_HIGH_32, LN2_LOW_32 = np.float32(0.693115234375), np.float32(3.194618329871446e-05)
LN2_HIGH, LN2_LOW = 0.6931471804855391, 7.440617110012397e-11
# 1.5 * 2^23 and 1.5 * 2^52: to add them rounds to a whole number, which then is in the last bits.
ROUNDING_32, ROUNDING = np.float32(12582912.0), 6755399441055744.0
# Where tanh has come to 1, and where exp to 0 or infinity.
TANH_END_32, TANH_END = np.float32(10.0), 20.0
EXP_START, EXP_END = -746.0, 710.0

# The polynomials, the coefficient of the highest power first.
EXP_32 = tuple(  # q in exp(r) - 1 = r + r^2 q(r), for |r| <= ln 2 / 2
    map(
        np.float32,
        (
            0.0013926184037700295,
            0.008363178931176662,
            0.041666556149721146,
            0.16666576266288757,
            0.5,
        ),
    )
)
EXP_64 = (
    2.510038549551032e-08,
    2.7620088445409746e-07,
    2.7557268459997064e-06,
    2.4801521295954376e-05,
    0.00019841269863053618,
    0.0013888888917213717,
    0.008333333333330062,
    0.04166666666662413,
    0.16666666666666669,
    0.5,
)
LOG_64 = (  # q in log f = 2 s + s^3 q(s^2), for sqrt(1/2) <= f < sqrt(2)
    0.11882288238944097,
    0.1168809152688632,
    0.13335640103104368,
    0.15384575099196277,
    0.18181818594078544,
    0.2222222221985584,
    0.2857142857143537,
    0.3999999999999999,
    0.6666666666666666,
)


@inlined
def _polynomial(coefficients, x):
    """Return a polynomial's value by the rule of Horner."""
    value = coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value


@inlined
def _exp_less_one_32(r):
    """Return exp(r) - 1 for |r| <= ln 2 / 2."""
    return r + (r * r) * _polynomial(EXP_32, r)


@inlined
def _exp_less_one_64(r):
    """Return exp(r) - 1 for |r| <= ln 2 / 2."""
    return r + (r * r) * _polynomial(EXP_64, r)


@inlined
def _reduce_32(x):
    """Return k, as an integer, and r."""
    shifted = x * np.float32(INVERSE_LN2) + ROUNDING_32
    k = shifted - ROUNDING_32
    r = x - k * LN2_HIGH_32 - k * LN2_LOW_32
    return np.float32(shifted).view(np.int32) - np.int32(0x4B400000), r


@inlined
def _reduce_64(x):
    """Return k, as an integer, and r."""
    shifted = x * INVERSE_LN2 + ROUNDING
    k = shifted - ROUNDING
    r = x - k * LN2_HIGH - k * LN2_LOW
    return np.float64(shifted).view(np.int64) - np.int64(0x4338000000000000), r


@inlined
def _power_of_two_32(k):
    return np.int32((k + np.int32(127)) << np.int32(23)).view(np.float32)


@inlined
def _power_of_two_64(k):
    return np.int64((k + np.int64(1023)) << np.int64(52)).view(np.float64)


def exp(x: np.floating) -> np.floating:
    """Return e^x for a float32 or float64, in its own type. For compiled code."""
    raise NotImplementedError


@overload(exp)
def _exp(x):
    if x == types.float32:

        def exp_32(x):
            x = np.float32(-105.0) if x < np.float32(-105.0) else x
            x = np.float32(90.0) if x > np.float32(90.0) else x
            k, r = _reduce_32(x)
            half = k >> np.int32(1)  # in two steps, for the results below the normal numbers
            e = (_exp_less_one_32(r) + np.float32(1.0)) * _power_of_two_32(half)
            return e * _power_of_two_32(k - half)

        return exp_32

    def exp_64(x):
        x = EXP_START if x < EXP_START else x
        x = EXP_END if x > EXP_END else x
        k, r = _reduce_64(x)
        half = k >> np.int64(1)
        return (_exp_less_one_64(r) + 1.0) * _power_of_two_64(half) * _power_of_two_64(k - half)

    return exp_64


def tanh(x: np.floating) -> np.floating:
    """Return tanh(x) for a float32 or float64, in its own type. For compiled code."""
    raise NotImplementedError


@overload(tanh)
def _tanh(x):
    # With u = exp(2|x|) - 1, which loses nothing near 0, tanh |x| = u / (u + 2).
    if x == types.float32:

        def tanh_32(x):
            bits = np.float32(x).view(np.int32)
            a = np.int32(bits & np.int32(0x7FFFFFFF)).view(np.float32)
            a = TANH_END_32 if a > TANH_END_32 else a
            k, r = _reduce_32(a + a)
            power = _power_of_two_32(k)
            u = power * _exp_less_one_32(r) + (power - np.float32(1.0))
            t = u / (u + np.float32(2.0))
            return np.int32(np.float32(t).view(np.int32) | (bits & np.int32(-0x80000000))).view(
                np.float32
            )

        return tanh_32

    def tanh_64(x):
        bits = np.float64(x).view(np.int64)
        a = np.int64(bits & np.int64(0x7FFFFFFFFFFFFFFF)).view(np.float64)
        a = TANH_END if a > TANH_END else a
        k, r = _reduce_64(a + a)
        power = _power_of_two_64(k)
        u = power * _exp_less_one_64(r) + (power - 1.0)
        t = u / (u + 2.0)
        sign = bits & np.int64(-0x8000000000000000)
        return np.int64(np.float64(t).view(np.int64) | sign).view(np.float64)

    return tanh_64


@inlined
def log(x: float) -> float:
    """Return the natural logarithm of a positive, normal float64. For compiled code.

    With x = 2^k f, sqrt(1/2) <= f < sqrt(2) and s = (f - 1) / (f + 1), log f = 2 atanh s, a
    polynomial in s^2.
    """
    bits = np.float64(x).view(np.int64)
    k = (bits - np.int64(0x3FE6A09E667F3BCD)) >> np.int64(52)
    f = np.int64(bits - (k << np.int64(52))).view(np.float64)
    s = (f - 1.0) / (f + 1.0)
    z = s * s
    q = _polynomial(LOG_64, z)
    result = k * LN2_HIGH + (k * LN2_LOW + (2.0 * s + s * z * q))
    return result if x == x else x
