"""What is asked for, as frozen data: brief, storyboard, timeline; reading and parsing them."""
