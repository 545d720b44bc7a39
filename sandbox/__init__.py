"""Stand-ins that speak each vendor's wire protocol on this machine; nothing in production reaches them."""
