"""The shipper: reads log files of this node and delivers each line effectively once. Not here: searching them."""
