"""House rules as checks. Each checker is a function from files to findings, so that it can be seen to fail."""
