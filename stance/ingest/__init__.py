"""Articles -> documents -> sentences with exact offsets."""
