"""The directory from and to spreadsheets: the columns (sheet), files (spreadsheets), reading and comparing (importer),
writing (writer), and the staff's pages (exchange)."""
