"""The demo's sample data: Halden Books, a company that does not exist, and everyone it knows.

All people, companies, banks and prices are invented, and every address ends in ``.example``. The
material is in YAML files beside the code; ``generate`` makes customers, past tickets and new ones
from it. The same seed gives the same data, byte for byte.
"""
