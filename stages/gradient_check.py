"""Whether the gradients that train are the gradients of the loss."""

from dataclasses import asdict
from itertools import groupby

import numpy as np

from rnn import corpus, engine, gradients, model, storage
from rnn.errors import InputError
from rnn.model import Parameters
from rnn.vocabulary import Vocabulary
from stages import command, params, paths

ENTRIES = 100  # drawn from each parameter of the full-size network
LARGER_STD = 0.1  # at the usual 0.01 the recurrence hardly counts


def main() -> None:
    """Compare the analytic gradients with central differences and with the complex step."""
    settings = params.load()
    check, network = settings.gradient_check, settings.model
    vocabulary = Vocabulary.load(paths.VOCABULARY)
    # A character that the book lacks is better refused now than after the training.
    vocabulary.encode(settings.synthesize_best.prime, "params.yaml: synthesize_best.prime")
    indices = corpus.open_indices(paths.INDICES, vocabulary)
    rng = np.random.Generator(np.random.PCG64(check.seed))
    differences = [
        difference
        for hidden_size, entries in ((check.hidden_size, None), (network.hidden_size, ENTRIES))
        for std, carried in ((network.init_std, False), (LARGER_STD, True))
        for difference in gradients.check(
            {"numpy": model.gradients, "compiled": engine.gradients},
            gradients.Case(hidden_size, std, carried, entries),
            corpus.draw_window(indices, check.sequence_length, rng),
            len(vocabulary),
            check.step,
            rng,
        )
    ]
    tolerances = check.tolerances.model_dump()
    failed = [each for each in differences if not each.is_within(tolerances[each.method])]
    print_table(differences, failed)
    if failed:
        raise InputError(
            f"gradient_check: {len(failed)} of {len(differences)} differences exceed "
            "gradient_check.tolerances, see the table; nothing is trained with wrong gradients"
        )
    storage.write_json(paths.GRADIENT_TABLE, [asdict(each) for each in differences])
    storage.write_json(paths.GRADIENT_METRICS, gradients.largest_by_parameter(differences))
    storage.write_json(paths.VERDICT, {"passed": True})


def print_table(
    differences: list[gradients.Difference], failed: list[gradients.Difference]
) -> None:
    """Print the differences, absolute and relative, with a mark at those that failed."""
    print("largest absolute and relative difference, ! where it exceeds gradient_check.tolerances")
    title = ("{:<38} {:<8} {:<19}" + 5 * " {:>16}").format
    print(title("case", "engine", "method", *Parameters._fields))
    rows = groupby(differences, key=lambda each: (each.case, each.engine, each.method))
    for conditions, row in rows:
        cells = (
            f"{each.absolute:.1e} {each.relative:.0e}{'!' if each in failed else ' '}"
            for each in row
        )
        print(title(*conditions, *cells))


if __name__ == "__main__":
    command.run(main)
