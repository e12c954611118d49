"""Every sentence of a collection, asked about every intervention that is of interest."""
