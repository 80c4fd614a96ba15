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
    column: int = 1


def _parts(context, builder, kind, matrix):
    """Return where the numbers of a matrix are, its start and its strides, as LLVM has them."""
    array, *places = (builder.extract_value(matrix, index) for index in range(4))
    return context.make_array(kind[0])(context, builder, array).data, *places


def _panel(rows: int, vectors: int):
    """Make the intrinsic C += A B for a panel of `rows` by `vectors`, over all terms.

    C, A and B are matrices; the panel's place in C is given by its first row and column.
    """

    @intrinsic
    def panel(typing, C, A, B, row, column, terms):
        signature = types.void(C, A, B, types.intp, types.intp, types.intp)

        def generate(context, builder, signature, values):
            first_row, first_column, terms = values[3:]
            number = context.get_value_type(signature.args[0][0].dtype)
            width = 4 if isinstance(number, ir.FloatType) else 8
            lanes = VECTOR_BYTES // width
            vector = ir.VectorType(number, lanes)
            undefined = ir.Constant(vector, ir.Undefined)
            first_lane = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
            zero = ir.Constant(terms.type, 0)

            def times(value, count):
                return builder.mul(value, ir.Constant(value.type, count))

            def vector_at(start, offset, index):
                offset = builder.add(offset, ir.Constant(offset.type, index * lanes))
                return builder.bitcast(builder.gep(start, [offset]), vector.as_pointer())

            def in_every_lane(value):
                lane = ir.Constant(ir.IntType(32), 0)
                one = builder.insert_element(undefined, value, lane)
                return builder.shuffle_vector(one, undefined, first_lane)

            C, c, c_row, _ = _parts(context, builder, signature.args[0], values[0])
            A, a, a_row, a_term = _parts(context, builder, signature.args[1], values[1])
            B, b, b_term, _ = _parts(context, builder, signature.args[2], values[2])
            c = builder.add(builder.add(c, builder.mul(first_row, c_row)), first_column)
            a = builder.add(a, builder.mul(first_row, a_row))
            b = builder.add(b, first_column)
            outputs = [
                vector_at(C, builder.add(c, times(c_row, row)), index)
                for row in range(rows)
                for index in range(vectors)
            ]
            a_rows = [builder.add(a, times(a_row, row)) for row in range(rows)]
            starts = [builder.load(output, align=width) for output in outputs]

            entry = builder.block
            loop = builder.append_basic_block("terms")
            end = builder.append_basic_block("end")
            builder.cbranch(builder.icmp_signed(">", terms, zero), loop, end)

            builder.position_at_end(loop)
            term = builder.phi(c.type)
            sums = [builder.phi(vector) for _ in outputs]
            b_offset = builder.add(b, builder.mul(term, b_term))
            a_offset = builder.mul(term, a_term)
            columns = [
                builder.load(vector_at(B, b_offset, index), align=width) for index in range(vectors)
            ]
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


# Ten rows of one vector: each factor then serves one multiplication, which takes it from memory in
# passing (on Zen 4 a fifth faster than 5 rows by 4 vectors, whose factors need loads of their own).
ROWS = 10
_panel_10_1, _panel_5_1 = _panel(ROWS, 1), _panel(5, 1)
_panel_1_5, _panel_1_4, _panel_1_3, _panel_1_2, _panel_1_1 = (
    _panel(1, vectors) for vectors in (5, 4, 3, 2, 1)
)


@inlined
def add_product(C, A, B, rows, columns, terms):
    """Add to C (rows, columns) the product of A (rows, terms) and B (terms, columns).

    The columns of B and C are contiguous and a multiple of PADDING in number.
    """
    lanes = VECTOR_BYTES // C.data.itemsize
    rest = rows - rows % 5
    for column in range(0, columns, lanes):
        row = 0
        while row + ROWS <= rows:
            _panel_10_1(C, A, B, row, column, terms)
            row += ROWS
        if row < rest:
            _panel_5_1(C, A, B, row, column, terms)
    for row in range(rest, rows):
        add_row_product(
            Matrix(C.data, C.start + row * C.row, 0, 1),
            Matrix(A.data, A.start + row * A.row, 0, A.column),
            B,
            columns,
            terms,
            0,
        )


@inlined
def add_row_product(C, A, B, columns, terms, backwards):
    """Add to C (1, columns) the product of A (1, terms) and B (terms, columns); see add_product.

    `backwards` begins with the last columns. Where one product follows another with the same B, to
    go to and fro finds the half of B that the CPU's first cache still holds; the sums stay as they
    are.
    """
    lanes = VECTOR_BYTES // C.data.itemsize
    vectors = columns // lanes
    panels = (vectors + 4) // 5  # as even as may be: one vector alone would wait for each sum
    for index in range(panels):
        panel = panels - 1 - index if backwards else index
        start = (panel * vectors + panels - 1) // panels
        end = ((panel + 1) * vectors + panels - 1) // panels
        column = start * lanes
        if end - start == 5:
            _panel_1_5(C, A, B, 0, column, terms)
        elif end - start == 4:
            _panel_1_4(C, A, B, 0, column, terms)
        elif end - start == 3:
            _panel_1_3(C, A, B, 0, column, terms)
        elif end - start == 2:
            _panel_1_2(C, A, B, 0, column, terms)
        else:
            _panel_1_1(C, A, B, 0, column, terms)


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
def transpose(source, source_row, target, target_row, rows, columns):
    """Write the transpose of `source` (rows, columns), both multiples of PADDING, to `target`."""
    lanes = VECTOR_BYTES // source.itemsize
    for row in range(0, rows, lanes):
        for column in range(0, columns, lanes):
            _transpose_block(
                source,
                row * source_row + column,
                source_row,
                target,
                column * target_row + row,
                target_row,
            )


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
