"""Whether the gradients that train are the gradients of the loss."""

from stages.common import startup  # noqa: F401 - before what takes long

# isort: split
from dataclasses import asdict

from rnn import rng
from rnn.data import corpus
from rnn.data.vocabulary import Vocabulary
from rnn.data.windows import Windows
from rnn.engine import ENGINES
from rnn.errors import InputError
from rnn.evaluation import gradient_check
from rnn.storage import files
from stages.common import command, inputs, paths

ENTRIES = 100  # drawn from each parameter of the full-size network
LARGER_STD = 0.1  # at the usual 0.01 the recurrence hardly counts


def main() -> None:
    """Compare the analytic gradients with central differences and with the complex step.

    Reads the indices and the vocabulary of the book in data/preprocess/; writes the differences and
    the verdict, for which the training waits, to data/gradient_check/.
    """
    with inputs.held("gradient_check") as held:
        settings = held.params
        check, network = settings.gradient_check, settings.model
        vocabulary = Vocabulary.load(paths.VOCABULARY)
        # A character that the book lacks is better refused now than after the training. As
        # no result depends on it, dvc.yaml does not have it run this stage or the training again.
        vocabulary.encode(
            settings.synthesize_best.prime,
            "params.yaml: synthesize_best.prime",
            settings.corpus.unknown,
        )
        indices = corpus.open_indices(paths.INDICES, vocabulary)
        windows, draws = Windows(indices, check.sequence_length), rng.generator(check.seed)
        differences = [
            difference
            for hidden_size, entries in ((check.hidden_size, None), (network.hidden_size, ENTRIES))
            for std, carried in ((network.init_std, False), (LARGER_STD, True))
            for difference in gradient_check.check(
                ENGINES,
                gradient_check.Case(hidden_size, std, carried, entries),
                windows.draw(draws),
                len(vocabulary),
                check.step,
                draws,
            )
        ]
        tolerances = check.tolerances.model_dump()
        failed = [each for each in differences if not each.is_within(tolerances[each.method])]
        if failed:
            print_table(failed)
            raise InputError(
                f"gradient_check: {len(failed)} of {len(differences)} differences exceed "
                "gradient_check.tolerances, see the table; nothing is trained with wrong gradients"
            )
        print_largest(differences, tolerances)
        files.write_json(paths.GRADIENT_TABLE, [asdict(each) for each in differences])
        files.write_json(paths.VERDICT, {"passed": True})


def print_largest(
    differences: list[gradient_check.Difference], tolerances: dict[str, float]
) -> None:
    """Print, in one line, how near to its tolerance each method came."""
    largest = (
        f"{max(each.absolute for each in differences if each.method == method):.1e} by "
        f"{method.replace('_', ' ')} ({tolerance:g} allowed)"
        for method, tolerance in tolerances.items()
    )
    print(f"the gradients are right: they differ by {' and '.join(largest)}")


def print_table(failed: list[gradient_check.Difference]) -> None:
    """Print the differences that are too large."""
    row = "{:<40} {:<8} {:<19} {:<9} {:>8} {:>8}".format
    print(row("case", "engine", "method", "parameter", "absolute", "relative"))
    for each in failed:
        numbers = f"{each.absolute:.1e}", f"{each.relative:.1e}"
        print(row(each.case, each.engine, each.method, each.parameter, *numbers))


if __name__ == "__main__":
    command.run(main)
