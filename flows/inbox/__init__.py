"""The drop folder: what is put into it is understood once, and lies in `done/` or in `failed/` afterwards."""
