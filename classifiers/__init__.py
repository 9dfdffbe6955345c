"""Reading what people write: transformer, linear model and safety rules behind one port.

`load` is the only thing other layers need. Nothing heavy is imported before it is called.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifiers.ensemble import Ensemble
    from config.settings import Classifier as ClassifierSettings


def load(settings: "ClassifierSettings") -> "Ensemble":
    """The best classifier this machine can run, which says in every verdict if it is not the best.

    Never touches the network: `classifiers.runtime.build.build_model` does that beforehand.

    Raises:
        BadSettings: `model_dir` names a folder without a model.
    """
    from classifiers.ensemble import load_ensemble

    return load_ensemble(settings)
