"""Making the model: rows, recipe, evaluation, card. Only `recipe` needs torch."""
