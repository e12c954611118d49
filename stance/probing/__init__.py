"""A trained model and a dataset -> what moves its answers: robustness, fairness, attributions, errors, generalisation."""
