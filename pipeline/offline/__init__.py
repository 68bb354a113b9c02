"""The embedded engine: no model, no network, no key. It answers the chat requests that a remote model would get."""
