"""A result to a page on which a person checks it: each value on its page, each gap where it is."""
