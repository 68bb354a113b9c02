"""Pages to requests that fill the window: exact counts, useful pictures, the least number of requests."""
