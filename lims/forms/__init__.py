"""Shape of what people enter; forms never save."""
