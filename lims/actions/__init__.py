"""Every write: keyword-only, `by=` first, policy check first, one transaction, audit rows in it, enqueue last."""
