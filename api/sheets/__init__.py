"""Tables that people keep in files: read from CSV and XLSX under limits, written so that bytes repeat."""
