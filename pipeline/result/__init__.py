"""The result: one fate for every page and picture, the output file and what a person reads beside it."""
