"""One file per resource. An operation is a function of (work, params, ids in the path) to the object it answers."""
