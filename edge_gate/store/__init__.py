"""What is kept on disk: the gallery, the journal, their key, and the manifest of models."""
