"""The book as one batch sees it, and what an act does to it. Pure: loaded facts in, changes out."""
