"""The memory: typed tables and the queries of each noun; nothing here commits."""
