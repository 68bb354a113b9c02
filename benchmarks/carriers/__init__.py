"""Documents with seeded facts, one carrier at a time; nothing here imports the pipeline."""
