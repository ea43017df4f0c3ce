"""Texts of which others than users of Python have their own words."""

import copy
import pickle

import pandas as pd
import pytest

import tsrnn
from tsrnn import NaiveForecaster, PanelForecaster, load, save
from tsrnn._input.wording import Argument, ArgumentName, Message, Phrase, Rows, worded
from tsrnn.cli.steps import in_options

ADVICE = Phrase("call tsrnn")
TEXT = Message(
    "{name} must be 'D', got {value!r}: {inner}",
    name=ArgumentName("freq"),
    value="{x}",
    inner=Message("{one} puts {rows} in, {any}; {advice}", one=Argument("fill", 0), rows=Rows(),
               any=Argument("freq"), advice=ADVICE),
)  # fmt: skip


def shouted(term):
    return str(term).upper()


def test_a_text_is_what_users_of_python_read():
    assert TEXT == "freq must be 'D', got '{x}': fill=0 puts rows in, freq=; call tsrnn"
    assert str(ValueError(TEXT)) == TEXT


@pytest.mark.parametrize(
    "taken", [lambda x: x, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_its_fields_are_worded_anew_and_values_are_left(taken):
    expected = "FREQ must be 'D', got '{x}': FILL=0 puts ROWS in, FREQ=; CALL TSRNN"
    assert worded(taken(TEXT), shouted) == expected
    assert worded(taken(ValueError(TEXT)), shouted) == expected
    assert worded(ValueError("plain"), shouted) == "plain"


def test_the_command_knows_every_phrase_of_the_texts_it_tells():
    stamps = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05"])
    df = pd.DataFrame({"unique_id": 1, "ds": stamps, "y": [1.0, 2.0, 3.0, 4.0]})
    with pytest.raises(ValueError, match="fill=0 or fill='missing' puts in .*fill_gaps") as caught:
        PanelForecaster(NaiveForecaster()).fit(df)
    assert "--fill 0 or --fill missing puts in the steps that have no line; --freq rows" in (
        in_options(caught.value.failure)
    )
    with pytest.raises(ValueError, match="is none of freq='MS': aggregate= puts rows") as caught:
        tsrnn.fill_gaps(df, freq="MS")
    message = in_options(caught.value.failure)
    assert "is none of --freq MS: --aggregate puts lines together" in message


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_tables_of_a_panel_hold_plain_words_so_that_it_can_be_saved(tmp_path):
    stamps = pd.date_range("2024-01-01", periods=8)
    df = pd.concat(
        [pd.DataFrame({"unique_id": name, "ds": stamps, "y": 1.0 * stamps.day}) for name in "abc"],
        ignore_index=True,
    )
    df = df.drop(index=11)  # a gap
    df.loc[20, "ds"] = df.loc[19, "ds"]
    panel = PanelForecaster(NaiveForecaster(strategy="seasonal")).fit(df)
    assert panel.failures_["unique_id"].tolist() == ["b", "c"] and len(panel.notes_) == 1
    for message in (*panel.failures_["reason"], *panel.notes_["note"]):
        assert type(message) is str
    save(panel, tmp_path / "p.tsrnn")
    pd.testing.assert_frame_equal(load(tmp_path / "p.tsrnn").failures_, panel.failures_)


def test_a_note_with_such_a_text_is_saved_by_its_words(tmp_path):
    model = NaiveForecaster().fit([1.0, 2.0, 3.0])
    model._model = type(model._model)(**{**vars(model._model), "notes": (UserWarning(TEXT),)})
    save(model, tmp_path / "m.tsrnn")
    (note,) = load(tmp_path / "m.tsrnn")._model.notes
    assert note.args == (str(TEXT),)
