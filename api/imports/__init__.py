"""What comes in as files of many rows: read row by row, decided whole, told row by row."""
