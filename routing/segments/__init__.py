"""From a segment's definition to who belongs to it, with the reason."""
