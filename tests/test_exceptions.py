import pickle

from tsrnn.exceptions import InvalidParameterError, TrainingDivergedError


def test_an_invalid_parameter_is_a_value_error_and_a_type_error():
    assert issubclass(InvalidParameterError, ValueError)
    assert issubclass(InvalidParameterError, TypeError)


def test_a_diverged_training_keeps_its_figures_through_pickle():
    # joblib's workers hand their exceptions over as pickles.
    error = TrainingDivergedError("diverged", step=3, loss=float("inf"), gradient_norm=1e200)
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == "diverged"
    assert (copy.step, copy.loss, copy.gradient_norm) == (3, float("inf"), 1e200)
