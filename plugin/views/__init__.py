"""What the pages show: frozen values that flows make and templates lay out."""
