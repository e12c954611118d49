"""The reading page: an article with its stances, for people."""
