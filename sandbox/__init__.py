"""Simulated platforms that speak the real wire protocols. A separate program: `python -m sandbox`.

It imports nothing from the product and nothing from Frappe, so that a mistake in a signature or a mapping on
either side shows. Standard library and aiohttp only.
"""
