"""Start and stop the whole laboratory on one machine: database, broker, web server, worker, scheduler.

Only the standard library is imported here, so that every part can be tested and run before Django is.
"""
