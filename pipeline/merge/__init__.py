"""Merging: quotes to places on pages, answers to values with evidence, summaries of parts to one."""
