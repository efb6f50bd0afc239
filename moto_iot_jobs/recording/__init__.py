"""What is remembered of the past for whoever looks: a failing test, the page of a server, a report."""
