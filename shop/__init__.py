"""What the shop knows: hours, slots, phone numbers, VINs and how they are spoken. Pure, no I/O."""
