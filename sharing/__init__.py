"""May this leave the laboratory? Consent, grade, request, de-identification, release."""
