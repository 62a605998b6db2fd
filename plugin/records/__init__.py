"""What the flows keep in the database: the values, and the protocols they are kept through.

A flow opens one ``Work`` per transaction; what it does is rolled back unless it says ``commit``.
"""
