"""The trainer and exporter that make a space: see README.md."""
