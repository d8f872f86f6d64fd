"""The directory: who offers what, where, when, for whom, in which languages.

models       the tables, in the terms of Open Referral HSDS; places: whose hours and contacts hold where
hours        open or not, pure functions; weekdays, spoken: days and languages; written: both as people write them
upkeep       what follows from every change: a new version, and `modified`
index        the filters in memory, read anew for each version; filters: what a reader has chosen
views        the list and the entries; vcards, calendars, linked_data: the same for phones and search engines
admin        the staff's lists; staff_forms, addresses, duplicates: their forms and what those look up
paper/       as PDF            tables/   from and to spreadsheets
checks/      kept true by the organizations themselves, and the staff's pages for that
hsds/        as open data
"""
