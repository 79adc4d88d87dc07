"""The station's own recorder: who docked, and what they say, as ordinary recordings."""
