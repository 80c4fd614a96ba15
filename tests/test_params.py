import re

import pytest
from conftest import PROJECT

from rnn.errors import InputError
from stages import params, paths

TEXT = (PROJECT / paths.PARAMS).read_text(encoding="utf-8")


def load(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    content = content if isinstance(content, bytes) else content.encode()
    paths.PARAMS.write_bytes(content)
    return params.load()


def with_value(key, value):
    """Return params.yaml with another value for one key, such as train.epochs."""
    section, name = key.split(".")
    changed, count = re.subn(
        rf"(?m)^({section}:\n(?:  .*\n)*?  {name}: +)(?:\"\"|\S+)(.*)$", rf"\g<1>{value}\g<2>", TEXT
    )
    assert count == 1, key
    return changed


def test_the_default_params_are_valid(tmp_path, monkeypatch):
    loaded = load(tmp_path, monkeypatch, TEXT)
    assert loaded.model.hidden_size == 100
    assert loaded.gradient_check.step == 1e-5


def test_every_key_has_a_comment_that_says_what_it_does():
    keys = [line for line in TEXT.splitlines() if re.match(r" +\w+: *\S", line)]
    assert len(keys) > 20
    assert all("  # " in line for line in keys)


def test_numbers_mean_what_they_mean_to_dvc(tmp_path, monkeypatch):
    """DVC reads YAML 1.2: 1e-1 is a number and 012 is twelve."""
    assert load(tmp_path, monkeypatch, with_value("train.learning_rate", "1e-1")).train == (
        load(tmp_path, monkeypatch, TEXT).train
    )
    assert load(tmp_path, monkeypatch, with_value("train.epochs", "012")).train.epochs == 12
    assert load(tmp_path, monkeypatch, with_value("train.learning_rate", "1e-05")).train == (
        load(tmp_path, monkeypatch, with_value("train.learning_rate", "0.00001")).train
    )


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("train.epochs", "0", "train.epochs is 0: should be greater than or equal to 1"),
        ("train.epochs", "2.5", "train.epochs is 2.5: should be a valid integer"),
        ("train.epochs", '"3"', "train.epochs is '3': should be a valid integer"),
        ("train.epochs", "true", "train.epochs is True: should be a valid integer"),
        ("train.epochs", "on", "train.epochs is 'on': should be a valid integer"),
        ("train.epochs", "[3]", "train.epochs is [3]: should be a valid integer"),
        ("train.epochs", "null", "train.epochs is None: should be a valid integer"),
        ("train.epochs", "99999999999999999999", "train.epochs is 9999"),
        ("train.learning_rate", "0", "train.learning_rate is 0: should be greater than 0"),
        ("train.learning_rate", "-1", "train.learning_rate is -1: should be greater than 0"),
        ("train.learning_rate", ".nan", "train.learning_rate is nan: should be a finite number"),
        ("train.learning_rate", ".inf", "train.learning_rate is inf: should be"),
        ("train.learning_rate", "1e400", "train.learning_rate is inf: should be"),
        ("train.learning_rate", "true", "train.learning_rate is True: should be a valid number"),
        ("train.smoothing", "1", "train.smoothing is 1: should be less than 1"),
        ("train.initial_accumulator", "-0.1", "train.initial_accumulator is -0.1: should be"),
        ("model.hidden_size", "2049", "model.hidden_size is 2049: should be less than or equal"),
        ("model.seed", "-1", "model.seed is -1: should be greater than or equal to 0"),
        ("synthesize_best.temperature", "-0.5", "synthesize_best.temperature is -0.5: should be"),
        ("synthesize_best.length", "0", "synthesize_best.length is 0: should be greater"),
        ("synthesize_best.prime", "7", "synthesize_best.prime is 7: should be a valid string"),
    ],
)
def test_a_bad_value_is_named_with_its_key_and_what_is_allowed(
    tmp_path, monkeypatch, key, value, said
):
    with pytest.raises(InputError) as error:
        load(tmp_path, monkeypatch, with_value(key, value))
    assert str(error.value).startswith(f"params.yaml: {said}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TEXT + "more: 1\n", "more is 1: Extra inputs are not permitted"),
        (TEXT.replace("  epochs:", "  epoch:"), r"train\.epochs: is missing \(and 1 more\)"),
        (TEXT.replace("train:", "training:"), "train: is missing"),
        (TEXT + "train:\n  epochs: 1\n", "not valid YAML: .*duplicate key"),
        (TEXT.replace("  epochs:", "\tepochs:"), "not valid YAML"),
        ("", "the whole file is None"),
        ("- 1\n- 2\n", r"the whole file is \[1, 2\]"),
        (b"\xff\xff", "not valid YAML"),
        ("a: &a [*a]", "the whole file|not valid YAML|Extra|missing"),
        ("[" * 5000, "not valid YAML"),
        ("corpus: !!python/object/apply:os.system [true]", "not valid YAML"),
    ],
)
def test_a_file_of_another_shape_is_refused_in_one_line(tmp_path, monkeypatch, content, said):
    with pytest.raises(InputError, match=said) as error:
        load(tmp_path, monkeypatch, content)
    assert str(error.value).startswith("params.yaml: ")
    assert "\n" not in str(error.value)


def test_missing_params_are_an_error_that_names_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"params\.yaml: no such file"):
        params.load()
