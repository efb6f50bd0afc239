"""Job documents: checked, read from S3, rewritten for devices."""
