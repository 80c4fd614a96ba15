"""Every path of the pipeline, relative to the project's folder, from which the stages run."""

from pathlib import Path

PARAMS = Path("params.yaml")

PIPELINE = Path("dvc.yaml")
CHECKPOINTS = Path(".checkpoints")
LOCKS = Path(".dvc/tmp")  # where DVC keeps its own

INDICES = Path("data/preprocess/indices.npy")
VOCABULARY = Path("data/preprocess/vocabulary.json")
GRADIENT_TABLE = Path("data/gradient_check/table.json")
VERDICT = Path("data/gradient_check/verdict.json")
SNAPSHOTS = Path("data/train/snapshots")
BEST = Path("data/train/best.npz")
NGRAM_SURPRISE = Path("data/baselines/surprise.json")
EVOLUTION = Path("data/sample_evolution/evolution.json")
BEST_TEXT_PROBABILITIES = Path("data/synthesize_best/text.json")
TEXTS = Path("data/assess_text/texts.json")

CORPUS_METRICS = Path("reports/metrics/corpus.json")
TRAIN_METRICS = Path("reports/metrics/train.json")
BASELINES = Path("reports/metrics/baselines.json")
EPOCHS = Path("reports/plots/epochs.csv")
HEALTH = Path("reports/plots/health.csv")
TEXT_METRICS = Path("reports/metrics/text.json")
SMOOTH_LOSS_CURVE = Path("reports/plots/smooth_loss.csv")
TEMPERATURE_CURVE = Path("reports/plots/temperature.csv")
LOSSES = Path("reports/plots/losses.csv")
EVOLUTION_CURVE = Path("reports/plots/evolution.csv")
BEST_TEXT = Path("reports/best_text.txt")
REPORT_TEMPLATE = Path("stages/page/report.md.j2")
REPORT = Path("reports/report.md")
PAGE_SOURCES = Path("stages/page")
PAGE = Path("reports/report.html")
SMOOTH_LOSS_FIGURE = Path("reports/figures/smooth_loss.svg")
KNOWN_WORDS_FIGURE = Path("reports/figures/known_words.svg")
TEMPERATURE_FIGURE = Path("reports/figures/temperature.svg")


def snapshot(update: int) -> Path:
    """Return where the snapshot after `update` updates is kept; names sort as the updates do."""
    return SNAPSHOTS / f"{update:09d}.npz"


def checkpoints(training: str) -> Path:
    """Return the folder of a training, by its fingerprint.

    DVC runs experiments in copies of the project inside its own folder: they share the project's.
    """
    here = Path.cwd()
    projects = [folder for folder in here.parents if here.is_relative_to(folder / ".dvc/tmp/exps")]
    return (projects[0] if projects else Path()) / CHECKPOINTS / training[:16]


def lock(stage: str) -> Path:
    """Return the file that the process which runs a stage locks."""
    return LOCKS / f"{stage}.lock"
