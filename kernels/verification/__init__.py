"""Is this file whole, what it says it is, sorted, of the right build and of the right sample?"""
