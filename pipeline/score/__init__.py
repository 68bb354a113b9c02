"""Results against gold: which values agree, by which rule, and what two results differ in."""
