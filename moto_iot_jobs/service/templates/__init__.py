"""Job templates of the account and AWS's managed ones."""
