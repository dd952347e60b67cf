"""Is this run in control? Charts, rules, events, corrective action, summaries."""
