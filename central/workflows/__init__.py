"""One function per act of a person; each ends as a leaf of the log, signed by central.

Pages and API ask here and nowhere else. What is refused is a coded error and changes nothing.
"""
