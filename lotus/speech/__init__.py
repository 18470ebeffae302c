"""Narration as sound: who speaks, when each word is heard, and where speech is kept."""
