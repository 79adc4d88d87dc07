"""Who may do what: roles, passwords, sessions, tokens, and the gate in front of every page."""
