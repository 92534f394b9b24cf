"""Everything on disk: the run folder and its files, as `checkpoints/README.md` specifies.

`hdf5` is the one file that imports h5py; `labels` the one that reads labels.
"""
