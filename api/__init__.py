"""Open the doors: HTTP, portal and command line, and the only place where parts are composed."""
