"""Planted bugs, outside the product's code, that prove what the scenario library catches."""
