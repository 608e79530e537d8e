"""Tests of the SDK, by its own test kit: ``python3 -m unittest discover -s tests -t .`` in the folder above."""
