"""Lathe's peers and how to measure against them. See README.md."""
