"""Whether the gradients that train are the gradients of the loss."""

from dataclasses import asdict

import numpy as np

from rnn import corpus, gradients, model, storage
from rnn.errors import InputError
from rnn.vocabulary import Vocabulary
from stages import command, params, paths

ENTRIES = 100  # drawn from each parameter of the full-size network
LARGER_STD = 0.1  # at the usual 0.01 the recurrence hardly counts


def main() -> None:
    """Compare the analytic gradients with central differences and with the complex step."""
    settings = params.load()
    check, network = settings.gradient_check, settings.model
    vocabulary = Vocabulary.load(paths.VOCABULARY)
    indices = corpus.open_indices(paths.INDICES, vocabulary)
    rng = np.random.Generator(np.random.PCG64(check.seed))
    differences = [
        difference
        for hidden_size, entries in ((check.hidden_size, None), (network.hidden_size, ENTRIES))
        for std, carried in ((network.init_std, False), (LARGER_STD, True))
        for difference in gradients.check(
            model.gradients,
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
    """Print the differences, a line each, and mark those that failed."""
    row = "{:<42} {:<20} {:<9} {:>9} {:>9}  {}"
    print(row.format("case", "method", "parameter", "absolute", "relative", ""))
    for each in differences:
        figures = f"{each.absolute:.1e}", f"{each.relative:.1e}"
        verdict = "FAILED" if each in failed else "ok"
        print(row.format(each.case, each.method, each.parameter, *figures, verdict))


if __name__ == "__main__":
    command.run(main)
