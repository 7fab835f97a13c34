"""Tests above the app: house rules, the runtime, and the whole product in a browser."""
