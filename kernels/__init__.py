"""Pure computation of Exomark: values, arrays and files in, frozen results out.

Nothing here knows of the web, the database, the clock or the settings. Coordinates are 0-based and half-open.
"""
