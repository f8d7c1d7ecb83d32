"""The slides: reading them, making HTML of them, and where the presenter is.

Nothing here knows a browser or a lab. What a slide shows of calls and of networks is recorded, and comes from files.
"""
