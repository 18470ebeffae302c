"""Brief to storyboard: `planners` plans; the other modules are what it stands on.

Nothing is loaded here: what draws a clip needs a few words of this room, in a process of its own.
"""
