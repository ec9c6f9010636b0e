"""What is kept on disk: the gallery, the journal, their key, and the manifest of models.

Read `key`, `sealed`, `gallery`; then `record`, `journal`; `files` and `database` are what they stand on.
"""
