"""The vocabulary: frozen structs and closed enums. Imports nothing else of mailproof.

One file per word; import the word from its file (`from mailproof.model.endpoint import Endpoint`).
"""
