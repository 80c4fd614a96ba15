"""Matrix products that are fast and give the same bits on every CPU.

BLAS adds up in an order that depends on the CPU and on its threads. Here each output is summed
term after term, and vectors run over outputs that do not depend on each other, so that the order
of every sum is fixed whatever the width of a CPU's registers. A product and a sum are rounded
apart: they are never contracted to one operation, which some CPUs have and others lack.

The innermost loop keeps a panel of outputs, some rows by some vectors, in registers while it goes
through the terms. LLVM makes such a panel from scalar loops only by luck, so it is spelt out in
LLVM's own language, by way of Numba's `intrinsic`.
"""

from typing import NamedTuple

import numpy as np
from llvmlite import ir
from llvmlite.binding import get_host_cpu_features

from rnn.engine.compilation import inlined, intrinsic, types

VECTOR_BYTES = 64  # one AVX-512 register, two of AVX, four of SSE and NEON
PADDING = (
    16  # rows are padded to a multiple of so many numbers: one vector of float32, two of float64
)


class Matrix(NamedTuple):
    """A matrix within a flat array: where it starts, and how far apart its rows and columns are."""

    data: np.ndarray
    start: int
    row: int  # numbers from one row to the next
    column: int  # and from one column to the next; of what is read in vectors, from one to the next


def _parts(context, builder, kind, matrix):
    """Return where the numbers of a matrix are, its start and its strides, as LLVM has them."""
    array, *places = (builder.extract_value(matrix, index) for index in range(4))
    return context.make_array(kind[0])(context, builder, array).data, *places


def _prefetch(builder, pointer):
    """Fetch a line into the CPU's first cache; beyond an array's end it does nothing."""
    byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
    prefetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
    read, keep, data = number(0), number(3), number(1)
    builder.call(prefetch, [builder.bitcast(pointer, byte), read, keep, data])


def _panel(rows: int, vectors: int):
    """Make the intrinsic C += A B for matrices C (rows, vectors), A (rows, terms), B."""

    @intrinsic
    def panel(typing, C, A, B, terms):
        signature = types.void(C, A, B, types.intp)

        def generate(context, builder, signature, values):
            terms = values[3]
            number = context.get_value_type(signature.args[0][0].dtype)
            width = 4 if isinstance(number, ir.FloatType) else 8
            lanes = VECTOR_BYTES // width
            vector = ir.VectorType(number, lanes)
            undefined = ir.Constant(vector, ir.Undefined)
            first_lane = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
            zero = ir.Constant(terms.type, 0)

            def times(value, count):
                return builder.mul(value, ir.Constant(value.type, count))

            def vector_at(data, offset):
                return builder.bitcast(builder.gep(data, [offset]), vector.as_pointer())

            def in_every_lane(value):
                lane = ir.Constant(ir.IntType(32), 0)
                one = builder.insert_element(undefined, value, lane)
                return builder.shuffle_vector(one, undefined, first_lane)

            C, c, c_row, c_vector = _parts(context, builder, signature.args[0], values[0])
            A, a, a_row, a_term = _parts(context, builder, signature.args[1], values[1])
            B, b, b_term, b_vector = _parts(context, builder, signature.args[2], values[2])
            outputs = [
                vector_at(C, builder.add(builder.add(c, times(c_row, row)), times(c_vector, index)))
                for row in range(rows)
                for index in range(vectors)
            ]
            a_rows = [builder.add(a, times(a_row, row)) for row in range(rows)]
            b_vectors = [builder.add(b, times(b_vector, index)) for index in range(vectors)]
            starts = [builder.load(output, align=width) for output in outputs]

            entry = builder.block
            loop = builder.append_basic_block("terms")
            end = builder.append_basic_block("end")
            builder.cbranch(builder.icmp_signed(">", terms, zero), loop, end)

            builder.position_at_end(loop)
            term = builder.phi(c.type)
            sums = [builder.phi(vector) for _ in outputs]
            a_offset, b_offset = builder.mul(term, a_term), builder.mul(term, b_term)
            columns = [
                builder.load(vector_at(B, builder.add(b_offset, start)), align=width)
                for start in b_vectors
            ]
            if rows > 1:  # the next vector of B comes in while the sums go on
                at_next = builder.gep(B, [builder.add(b_offset, builder.add(b, b_vector))])
                _prefetch(builder, at_next)
            factors = [
                in_every_lane(builder.load(builder.gep(A, [builder.add(a_offset, offset)])))
                for offset in a_rows
            ]
            products = [builder.fmul(factor, column) for factor in factors for column in columns]
            totals = [builder.fadd(*pair) for pair in zip(sums, products, strict=True)]
            next_term = builder.add(term, ir.Constant(term.type, 1))
            for phi, before, after in (
                (term, zero, next_term),
                *zip(sums, starts, totals, strict=True),
            ):
                phi.add_incoming(before, entry)
                phi.add_incoming(after, loop)
            builder.cbranch(builder.icmp_signed("<", next_term, terms), loop, end)

            builder.position_at_end(end)
            results = [builder.phi(vector) for _ in outputs]
            for result, start, total in zip(results, starts, totals, strict=True):
                result.add_incoming(start, entry)
                result.add_incoming(total, loop)
            for result, output in zip(results, outputs, strict=True):
                builder.store(result, output, align=width)
            return context.get_dummy_value()

        return signature, generate

    return panel


# As many rows of one vector as leave none of the sums out of the registers: AVX-512 has 32 that
# hold a vector, AVX2 16 that hold half of one. Which it is changes no bit.
_PANEL_ROWS = 10 if get_host_cpu_features().get("avx512f") else 6
_0 = np.intp(0)  # for the literal, Numba would compile anew
# So many terms of a column of B stay in the CPU's first cache while the rows pass by, and of so
# many rows of A in its second while the columns do.
_TERMS, ROWS = 128, 240
_panel_n_1, _panel_4_1 = _panel(_PANEL_ROWS, 1), _panel(4, 1)
_panel_1_5, _panel_1_4, _panel_1_3, _panel_1_2, _panel_1_1 = (
    _panel(1, vectors) for vectors in (5, 4, 3, 2, 1)
)


@inlined
def at(matrix, row, column):
    """Return the matrix from a row and a column on."""
    start = matrix.start + row * matrix.row + column * matrix.column
    return Matrix(matrix.data, start, matrix.row, matrix.column)


@inlined
def add_product(C, A, B, rows, vectors, terms):
    """Add to C (rows, vectors) the product of A (rows, terms) and B (terms, vectors)."""
    for row in range(0, rows, ROWS):
        _add_block(at(C, row, _0), at(A, row, _0), B, min(ROWS, rows - row), vectors, terms)


@inlined
def _add_block(C, A, B, rows, vectors, terms):
    """Do what add_product does, for at most ROWS rows."""
    fours, rest = 0, rows % _PANEL_ROWS  # rows by four, and one by one: as few of these as may be
    for number in range(1, 1 + min(2, rows // 4)):
        if (rows - 4 * number) % _PANEL_ROWS < rest:
            fours, rest = number, (rows - 4 * number) % _PANEL_ROWS
    for term in range(0, terms, _TERMS):
        count = min(_TERMS, terms - term)
        for vector in range(vectors):
            row = 0
            for _ in range(fours):
                _panel_4_1(at(C, row, vector), at(A, row, term), at(B, term, vector), count)
                row += 4
            while row + _PANEL_ROWS <= rows:
                _panel_n_1(at(C, row, vector), at(A, row, term), at(B, term, vector), count)
                row += _PANEL_ROWS
        for row in range(rows - rest, rows):
            add_row_product(at(C, row, _0), at(A, row, term), at(B, term, _0), vectors, count, _0)


@inlined
def add_rows_product(C, A, B, rows, vectors, terms, backwards):
    """Add to C the product of A and B, be it of one row or of more; see add_row_product."""
    if rows == 1:
        add_row_product(C, A, B, vectors, terms, backwards)
    else:
        add_product(C, A, B, rows, vectors, terms)


@inlined
def add_row_product(C, A, B, vectors, terms, backwards):
    """Add to C (1, vectors) the product of A (1, terms) and B (terms, vectors).

    `backwards` begins with the last vectors. Where one product follows another with the same B, to
    go to and fro finds the half of B that the CPU's first cache still holds; the sums stay as they
    are.
    """
    panels = (vectors + 4) // 5  # as even as may be: one vector alone would wait for each sum
    for index in range(panels):
        panel = panels - 1 - index if backwards else index
        start = (panel * vectors + panels - 1) // panels
        end = ((panel + 1) * vectors + panels - 1) // panels
        C_part, B_part = at(C, _0, start), at(B, _0, start)
        if end - start == 5:
            _panel_1_5(C_part, A, B_part, terms)
        elif end - start == 4:
            _panel_1_4(C_part, A, B_part, terms)
        elif end - start == 3:
            _panel_1_3(C_part, A, B_part, terms)
        elif end - start == 2:
            _panel_1_2(C_part, A, B_part, terms)
        else:
            _panel_1_1(C_part, A, B_part, terms)


@intrinsic
def _transpose_block(typing, source, start, row, target, to, to_row):
    """Write the transpose of a square block of as many rows and columns as a vector has numbers."""
    place = types.intp
    signature = types.void(source, place, place, target, place, place)

    def generate(context, builder, signature, values):
        source, start, row, target, to, to_row = values
        number = context.get_value_type(signature.args[0].dtype)
        width = 4 if isinstance(number, ir.FloatType) else 8
        lanes = VECTOR_BYTES // width
        vector = ir.VectorType(number, lanes)

        def vector_at(position, value, offset, stride, index):
            data = context.make_array(signature.args[position])(context, builder, value).data
            offset = builder.add(offset, builder.mul(stride, ir.Constant(stride.type, index)))
            return builder.bitcast(builder.gep(data, [offset]), vector.as_pointer())

        def interleaved(one, other, half):
            first = half * lanes // 2
            order = [lane for i in range(first, first + lanes // 2) for lane in (i, i + lanes)]
            mask = ir.Constant(ir.VectorType(ir.IntType(32), lanes), order)
            return builder.shuffle_vector(one, other, mask)

        rows = [
            builder.load(vector_at(0, source, start, row, index), align=width)
            for index in range(lanes)
        ]
        # To interleave the first half of the rows with the second, log2(lanes) times over, is to
        # turn the bits of (row, column) round until they have changed places.
        for _ in range(lanes.bit_length() - 1):
            pairs = zip(rows[: lanes // 2], rows[lanes // 2 :], strict=True)
            rows = [interleaved(one, other, half) for one, other in pairs for half in (0, 1)]
        for index, content in enumerate(rows):
            builder.store(content, vector_at(3, target, to, to_row, index), align=width)
        return context.get_dummy_value()

    return signature, generate


@inlined
def transpose(source, start, target, to, target_panel, blocks):
    """Write the transpose of a panel to where it belongs in another matrix in panels.

    Its blocks of as many rows as a vector has numbers become blocks of as many panels, which are
    `target_panel` numbers apart.
    """
    side = VECTOR_BYTES // source.itemsize
    for block in range(blocks):
        of = start + block * side * side
        _transpose_block(source, of, side, target, to + block * target_panel, side)


def lanes(array: np.ndarray) -> int:
    """Return how many of an array's numbers a vector has."""
    return VECTOR_BYTES // array.itemsize


def rounded_up(size: int) -> int:
    """Return a size of whole vectors that a row of `size` numbers fits in."""
    return PADDING * -(-size // PADDING)


def padded(size: int) -> int:
    """Return the length of a row of `size` numbers with its padding.

    It is an odd number of paddings: rows whose length is a power of two would all begin in the same
    few sets of the CPU's caches and drive each other out.
    """
    return PADDING * (-(-size // PADDING) | 1)


def aligned_zeros(size: int, dtype: np.dtype) -> np.ndarray:
    """Return zeros (size,) that begin where a line of the CPU's caches does.

    With rows padded as above, no vector then lies in two lines, both of which would be fetched.
    """
    zeros = np.zeros(size + VECTOR_BYTES, dtype)
    start = -np.int64(zeros.ctypes.data) % VECTOR_BYTES // zeros.itemsize
    return zeros[start : start + size]
