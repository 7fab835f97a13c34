"""Brings up a whole bench from the package registries alone. Standard library only; knows the app by name, never the reverse."""
