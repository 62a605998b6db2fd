"""What the pages need from the flows, as protocols, and the ways a flow can say no to a person.

``plugin.views`` has the values that cross here. A flow raises ``plugin.ports.Unavailable`` where
trying again can help and ``plugin.ports.Refused`` where the other side said no; the pages say so.
"""
