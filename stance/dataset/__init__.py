"""Gold -> a DatasetDict in leak-free splits, with its card."""
