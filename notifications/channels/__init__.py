"""Channels: the ways a message leaves the house, one file each; none knows another."""
