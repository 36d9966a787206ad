"""Long tables of families that would drown the collectors that use them."""
