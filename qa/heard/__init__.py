"""How well the words a caller has heard are known from the sound alone, measured against truth."""
