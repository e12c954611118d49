"""A trained model and a dataset -> what moves its answers: changed sentences, tokens, errors, what was not seen."""
