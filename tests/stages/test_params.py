import copy
import math
import re

import pytest
from dvc.utils.hydra import apply_overrides
from pydantic import BaseModel
from ruamel.yaml import YAML

from rnn.errors import InputError
from stages.common import params, paths
from tests.support.project import PROJECT

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
        rf"(?m)^({section}:\n(?:  .*\n)*?  {name}: +)[^\s#]*(.*)$", rf"\g<1>{value} \g<2>", TEXT
    )
    assert count == 1, key
    return changed


def test_the_default_params_are_valid(tmp_path, monkeypatch):
    loaded = load(tmp_path, monkeypatch, TEXT)
    assert loaded.model.hidden_size == 100
    assert loaded.gradient_check.step == 1e-5


def leaves(schema, *place):
    """Yield each key, as a path, with what the schema says of it."""
    for name, field in schema.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from leaves(field.annotation, *place, name)
        else:
            yield (*place, name), field


LEAVES = list(leaves(params.Params))
WHOLE = (int, int | None)
NUMBERS = [leaf for leaf in LEAVES if leaf[1].annotation in (*WHOLE, float)]


def check_with(key, value):
    values = copy.deepcopy(YAML(typ="safe").load(TEXT))
    section = values
    for name in key[:-1]:
        section = section[name]
    section[key[-1]] = value
    return params.check(params.Params, values, "params.yaml: ")


def assert_refused(key, value):
    with pytest.raises(InputError) as error:
        check_with(key, value)
    assert str(error.value).startswith(f"params.yaml: {'.'.join(key)} is ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("key", "field"), LEAVES, ids=[".".join(key) for key, _ in LEAVES])
def test_no_param_takes_a_value_of_another_kind(key, field):
    others = [True, {"a": 1}]
    if key != ("assess_text", "temperatures"):
        others.append([1])
    if field.annotation == int | None:
        check_with(key, None)
    else:
        others.append(None)
    if field.annotation in (*WHOLE, float):
        others += ["3", "", math.nan, math.inf, -math.inf]
    else:
        others += [3, 2.5]
    if field.annotation in WHOLE:
        others += [2.5, 1e3, 10**30]
    for value in others:
        assert_refused(key, value)


@pytest.mark.parametrize(("key", "field"), NUMBERS, ids=[".".join(key) for key, _ in NUMBERS])
def test_every_number_is_taken_at_its_edges_and_refused_past_them(key, field):
    limits = {
        kind: getattr(limit, kind)
        for limit in field.metadata
        for kind in ("ge", "gt", "le", "lt")
        if hasattr(limit, kind)
    }

    def step(value, sign):
        if field.annotation in WHOLE:
            return value + sign
        return math.nextafter(float(value), sign * math.inf)

    assert {"ge", "gt"} & set(limits) and {"le", "lt"} & set(limits)
    for name, limit in limits.items():
        out = -1 if name in ("ge", "gt") else 1
        if name in ("ge", "le"):
            check_with(key, limit)
            assert_refused(key, step(limit, out))
        else:
            check_with(key, step(limit, -out))
            assert_refused(key, limit)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], " is []: should be a list of at least 1"),
        ([1.0] * 101, " is [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, ...]: should be a list of at most 100"),
        (1.0, " is 1.0: should be a list"),
        ([1, -1], ".1 is -1: should be at least 0"),
        ([True], ".0 is True: should be a number"),
        (["1"], ".0 is '1': should be a number"),
    ],
)
def test_a_bad_list_is_named_and_so_is_a_bad_entry(value, said):
    with pytest.raises(InputError) as error:
        check_with(("assess_text", "temperatures"), value)
    assert str(error.value) == f"params.yaml: assess_text.temperatures{said}"


def test_every_key_has_a_comment_that_says_what_it_does():
    keys = [line for line in TEXT.splitlines() if re.match(r" +\w+: *\S", line)]
    assert len(keys) > 20
    assert all("  # " in line for line in keys)


def test_numbers_mean_what_they_mean_to_dvc(tmp_path, monkeypatch):
    """DVC reads YAML 1.2: 1e-1 is a number and 012 is twelve."""
    assert load(tmp_path, monkeypatch, with_value("adagrad.learning_rate", "8e-1")).adagrad == (
        load(tmp_path, monkeypatch, TEXT).adagrad
    )
    assert load(tmp_path, monkeypatch, with_value("train.epochs", "012")).train.epochs == 12
    assert load(tmp_path, monkeypatch, with_value("train.epochs", "1_000")).train.epochs == 1000
    assert load(tmp_path, monkeypatch, with_value("adagrad.learning_rate", "1e-05")).adagrad == (
        load(tmp_path, monkeypatch, with_value("adagrad.learning_rate", "0.00001")).adagrad
    )


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("train.epochs", "0", "train.epochs is 0: should be at least 1"),
        ("train.epochs", "2.5", "train.epochs is 2.5: should be a whole number"),
        ("train.epochs", '"3"', "train.epochs is '3': should be a whole number"),
        ("train.epochs", "true", "train.epochs is True: should be a whole number"),
        ("train.epochs", "on", "train.epochs is 'on': should be a whole number"),
        ("train.epochs", "[3]", "train.epochs is [3]: should be a whole number"),
        ("train.epochs", "null", "train.epochs is None: should be a whole number"),
        ("train.epochs", "99999999999999999999", "train.epochs is 9999"),
        ("adagrad.learning_rate", "0", "adagrad.learning_rate is 0: should be greater than 0"),
        ("adagrad.learning_rate", "-1", "adagrad.learning_rate is -1: should be greater than 0"),
        (
            "adagrad.learning_rate",
            ".nan",
            "adagrad.learning_rate is nan: should be",
        ),
        ("adagrad.learning_rate", ".inf", "adagrad.learning_rate is inf: should be"),
        ("adagrad.learning_rate", "1e400", "adagrad.learning_rate is inf: should be"),
        ("adagrad.learning_rate", "true", "adagrad.learning_rate is True: should be a number"),
        ("train.smoothing", "1", "train.smoothing is 1: should be less than 1"),
        ("adagrad.initial_accumulator", "-0.1", "adagrad.initial_accumulator is -0.1: should be"),
        ("model.hidden_size", "2049", "model.hidden_size is 2049: should be at most 2048"),
        ("model.seed", "-1", "model.seed is -1: should be at least 0"),
        ("synthesize_best.temperature", "-0.5", "synthesize_best.temperature is -0.5: should be"),
        ("synthesize_best.length", "0", "synthesize_best.length is 0: should be at least 1"),
        ("synthesize_best.top_k", "0", "synthesize_best.top_k is 0: should be at least 1"),
        ("sample_evolution.top_p", "1.5", "sample_evolution.top_p is 1.5: should be at most 1"),
        ("corpus.unknown", "drop", "corpus.unknown is 'drop': should be 'error', 'nearest' or"),
        ("synthesize_best.stop", "7", "synthesize_best.stop is 7: should be text"),
        ("synthesize_best.prime", "7", "synthesize_best.prime is 7: should be text"),
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
        (TEXT + "zeal: 1\n", "zeal is no param; new ones are declared in rnn/settings.py"),
        (
            TEXT.replace("  epochs:", "  epoch:"),
            r"train\.epoch is no param; did you mean train\.epochs\? \(and 1 more\)",
        ),
        (TEXT.replace("train:", "training:"), r"training is no param; did you mean train\?"),
        (TEXT + "train:\n  epochs: 1\n", "not valid YAML: .*duplicate key"),
        (TEXT.replace("  epochs:", "\tepochs:"), "not valid YAML"),
        ("", "the whole file is None"),
        ("- 1\n- 2\n", r"the whole file is \[1, 2\]"),
        (b"\xff\xff", "byte 0 is not utf-8"),
        ("a: &a [*a]", "more than 10,000 values, each alias counted"),
        ("[" * 5000, "not valid YAML"),
        ("corpus: !!python/object/apply:os.system [true]", "not valid YAML"),
    ],
)
def test_a_file_of_another_shape_is_refused_in_one_line(tmp_path, monkeypatch, content, said):
    with pytest.raises(InputError, match=said) as error:
        load(tmp_path, monkeypatch, content)
    assert str(error.value).startswith("params.yaml: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        *(
            (text, "more than 10,000 values, each alias counted")
            for text in (
                "a0: &a0 [x]\n"
                + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)),
                "a0: &a0 {x: 1}\n"
                + "".join(
                    f"a{n}: &a{n}\n  <<: [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)
                ),
                "a: &a {b: *a}",
                "&a [&b [*a, *b]]",
            )
        ),
        (TEXT + "#" * 2**16, "is longer than 65,536 bytes"),
        (with_value("train.epochs", "9" * 5000), "a value is not of the kind.*5000 digits"),
        (with_value("train.epochs", "0x" + "f" * 9000), "train.epochs is a number of more than 40"),
        (with_value("train.epochs", "!!bool maybe"), "a value is not of the kind"),
        (with_value("train.epochs", '!!int ""'), "a value is not of the kind"),
        (with_value("train.epochs", "2020-02-30"), "a value is not of the kind"),
        (with_value("train.epochs", "2020-02-20"), "train.epochs is datetime.date"),
        (with_value("train.epochs", "!own 1"), "not valid YAML: .*!own.* in line"),
        (TEXT + "{a: 1}: 2\n", "not valid YAML: found unhashable key in line"),
        (TEXT + "? {a: 1}\n: 2\n", "not valid YAML: found unhashable key in line"),
        (TEXT + "[a]: 2\n", "is no param"),
        (TEXT + "7: 2\n", "7 is no param"),
        (TEXT + '"\\e[31mred\\n": 2\n', r"^params.yaml: \\x1b\[31mred\\n is no param"),
        (
            TEXT.replace("data/raw/tide-clock.txt", r'"\ud800"'),
            r"corpus\.path is .*whole characters",
        ),
        (TEXT.encode("utf-16"), "byte 0 is not utf-8; save it as UTF-8"),
        (TEXT.encode("utf-16-le"), "not valid YAML"),
        (b"\0" + TEXT.encode(), "not valid YAML"),
    ],
    ids=range(21),
)
def test_hostile_yaml_is_refused_in_one_line(tmp_path, monkeypatch, content, said):
    with pytest.raises(InputError, match=said) as error:
        load(tmp_path, monkeypatch, content)
    assert str(error.value).startswith("params.yaml: ")
    assert str(error.value).isprintable() and len(str(error.value)) < 500


def test_an_alias_stands_for_its_value(tmp_path, monkeypatch):
    content = with_value("model.seed", "&seed 7")
    content = re.sub(r"(?m)^(sample_evolution:\n(?:  .*\n)*?  seed: +)\S+", r"\1*seed", content)
    assert load(tmp_path, monkeypatch, content).sample_evolution.seed == 7


def test_a_new_section_says_where_sections_are_declared(tmp_path, monkeypatch):
    said = r"sweep is no param; new ones .* rnn/settings\.py"
    with pytest.raises(InputError, match=said):
        load(tmp_path, monkeypatch, TEXT + "sweep:\n  order: 3\n")


def test_what_dvc_writes_into_params_changes_nothing_else(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(TEXT)
    apply_overrides(path, ["train.epochs=11"])
    assert path.read_text() == TEXT.replace("epochs: 10 ", "epochs: 11 ")


def test_missing_params_are_an_error_that_names_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"params\.yaml: no such file"):
        params.load()
