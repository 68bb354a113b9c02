"""Values by type and label: what the user's schema asks for, found in the pages' own words, or left null."""
