"""Which installation these books belong to, and whether it may send: a restored or copied one waits until it is told that it may."""
