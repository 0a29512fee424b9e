"""Cannot be read, on purpose."""

raise RuntimeError("broken on purpose")
