"""The annotation page: two or more coders label pairs in a browser, on one machine, with nothing lost."""
