"""The pages: server-rendered, one origin, no inline script; they work without scripts too."""
