"""The pages: static files that reach data over HTTP alone."""
