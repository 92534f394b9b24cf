"""What is to be trained, as frozen values: an experiment, its data, its members.

The one place that knows the experiment file. A kind of thing (architecture,
schedule, source …) is a class with a required `name`; the room that carries it
out holds a registry row under that name.
"""
