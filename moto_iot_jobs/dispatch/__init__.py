"""The way of a request: HTTP, authentication and the operations."""
