"""Internal quality control: limits, rules and charts. Values in, violations out; the web application acts on them."""
