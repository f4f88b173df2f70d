"""A written record of one long journey through a running installation, to compare two versions of the project.

The journey uses commands, pages, API, mail and calendars of an installation that another checkout may have started.
It imports nothing of the product: two versions whose modules have other names can be compared.
"""
