"""Asking a model about a request: the words, the schema, the wire, the endpoint, the answers."""
