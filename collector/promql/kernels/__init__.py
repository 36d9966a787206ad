"""Pure NumPy functions on arrays: nothing here knows labels, expressions or storage. One of them could become compiled code."""
