"""Documents made from a seed, realistic to the eye, with their gold: what each holds and on which page it stands."""
