"""What a client knows of streams of kept events, for the clients that are in Python."""
