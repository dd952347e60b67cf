"""A demonstration laboratory on simulated data, and the main job on somebody's own files.

Everything is done through the ordinary actions, by the ordinary roles, with real jobs: what a person would click.
"""
