"""Stand-ins that speak the vendors' wire protocols on this machine; production reaches none."""
