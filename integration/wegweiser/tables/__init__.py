"""The directory from and to spreadsheets: headings (head), the columns (sheet), rows and what is said about them (rows),
numbers (phones), comparing (importer), writing (writer), and the staff's pages (exchange)."""
