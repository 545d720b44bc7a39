"""Two runs beside each other: what got worse, beyond what two runs of one program differ by."""
