"""The officer's screen: a process of its own that follows the ledger and the agent's events."""
