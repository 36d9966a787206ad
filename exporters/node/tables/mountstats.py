"""Families of /proc/self/mountstats in the order of its columns (fs/nfs/super.c and net/sunrpc/stats.c of the kernel)."""

from typing import Final

from pharos.exposition import MetricType

_Entry = tuple[str, str] | None

BYTES: Final[tuple[_Entry, ...]] = (
    ("read_bytes", "Number of bytes read using the read() syscall."),
    ("write_bytes", "Number of bytes written using the write() syscall."),
    ("direct_read_bytes", "Number of bytes read using the read() syscall in O_DIRECT mode."),
    ("direct_write_bytes", "Number of bytes written using the write() syscall in O_DIRECT mode."),
    ("total_read_bytes", "Number of bytes read from the NFS server, in total."),
    ("total_write_bytes", "Number of bytes written to the NFS server, in total."),
    ("read_pages", "Number of pages read directly via mmap()'d files."),
    ("write_pages", "Number of pages written directly via mmap()'d files."),
)
EVENTS: Final[tuple[_Entry, ...]] = (
    ("event_inode_revalidate", "Number of times cached inode attributes are re-validated from the server."),
    ("event_dnode_revalidate", "Number of times cached dentry nodes are re-validated from the server."),
    ("event_data_invalidate", "Number of times an inode cache is cleared."),
    ("event_attribute_invalidate", "Number of times cached inode attributes are invalidated."),
    ("event_vfs_open", "Number of times cached inode attributes are invalidated."),
    ("event_vfs_lookup", "Number of times a directory lookup has occurred."),
    ("event_vfs_access", "Number of times permissions have been checked."),
    ("event_vfs_update_page", "Number of updates (and potential writes) to pages."),
    ("event_vfs_read_page", "Number of pages read directly via mmap()'d files."),
    ("event_vfs_read_pages", "Number of times a group of pages have been read."),
    ("event_vfs_write_page", "Number of pages written directly via mmap()'d files."),
    ("event_vfs_write_pages", "Number of times a group of pages have been written."),
    ("event_vfs_getdents", "Number of times directory entries have been read with getdents()."),
    ("event_vfs_setattr", "Number of times directory entries have been read with getdents()."),
    ("event_vfs_flush", "Number of pending writes that have been forcefully flushed to the server."),
    ("event_vfs_fsync", "Number of times fsync() has been called on directories and files."),
    ("event_vfs_lock", "Number of times locking has been attempted on a file."),
    ("event_vfs_file_release", "Number of times files have been closed and released."),
    None,
    ("event_truncation", "Number of times files have been truncated."),
    ("event_write_extension", "Number of times a file has been grown due to writes beyond its existing end."),
    ("event_silly_rename", "Number of times a file was removed while still open by another process."),
    ("event_short_read", "Number of times the NFS server gave less data than expected while reading."),
    ("event_short_write", "Number of times the NFS server wrote less data than expected while writing."),
    (
        "event_jukebox_delay",
        "Number of times the NFS server indicated EJUKEBOX; retrieving data from offline storage.",
    ),
    ("event_pnfs_read", "Number of NFS v4.1+ pNFS reads."),
    ("event_pnfs_write", "Number of NFS v4.1+ pNFS writes."),
)
TRANSPORT: Final[tuple[tuple[str, MetricType, str], ...]] = (
    (
        "bind_total", "counter",
        "Number of times the client has had to establish a connection from scratch to the NFS server.",
    ),
    ("connect_total", "counter", "Number of times the client has made a TCP connection to the NFS server."),
    (
        "idle_time_seconds", "gauge", "Duration since the NFS mount last saw any RPC traffic, in seconds.",
    ),
    ("sends_total", "counter", "Number of RPC requests for this mount sent to the NFS server."),
    ("receives_total", "counter", "Number of RPC responses for this mount received from the NFS server."),
    (
        "bad_transaction_ids_total", "counter",
        "Number of times the NFS server sent a response with a transaction ID unknown to this client.",
    ),
    ("backlog_queue_total", "counter", "Total number of items added to the RPC backlog queue."),
    ("maximum_rpc_slots", "gauge", "Maximum number of simultaneously active RPC requests ever used."),
    ("sending_queue_total", "counter", "Total number of items added to the RPC transmission sending queue."),
    ("pending_queue_total", "counter", "Total number of items added to the RPC transmission pending queue."),
)  # fmt: skip
# Family, divisor, help.
OPERATIONS: Final[tuple[tuple[str, int, str], ...]] = (
    ("requests", 1, "Number of requests performed for a given operation."),
    ("transmissions", 1, "Number of times an actual RPC request has been transmitted for a given operation."),
    ("major_timeouts", 1, "Number of times a request has had a major timeout for a given operation."),
    ("sent_bytes", 1, "Number of bytes sent for a given operation, including RPC headers and payload."),
    ("received_bytes", 1, "Number of bytes received for a given operation, including RPC headers and payload."),
    (
        "queue_time_seconds", 1000,
        "Duration all requests spent queued for transmission for a given operation before they were sent, in seconds.",
    ),
    (
        "response_time_seconds", 1000,
        "Duration all requests took to get a reply back after a request for a given operation was transmitted,"
        " in seconds.",
    ),
    (
        "request_time_seconds", 1000,
        "Duration all requests took from when a request was enqueued to when it was completely handled for a given"
        " operation, in seconds.",
    ),
)  # fmt: skip
