"""Counters of perf_event_open(2): name of the profiler, type and config of the event, family, help (linux/perf_event.h)."""

from typing import Final, NamedTuple

HARDWARE_TYPE, SOFTWARE_TYPE, TRACEPOINT_TYPE, CACHE_TYPE = 0, 1, 2, 3
_L1D, _L1I, _LL, _DTLB, _ITLB, _BPU = range(6)
_READ, _WRITE = 0, 1
_HIT, _MISS = 0, 1


class Event(NamedTuple):
    """One counter."""

    profiler: str
    type: int
    config: int
    family: str
    help: str


def _cache(profiler: str, cache: int, operation: int, result: int, family: str, text: str) -> Event:
    return Event(profiler, CACHE_TYPE, cache | operation << 8 | result << 16, f"cache_{family}", text)


HARDWARE: Final = tuple(
    Event(profiler, HARDWARE_TYPE, config, family, text)
    for profiler, config, family, text in (
        ("CpuCycles", 0, "cpucycles", "Number of CPU cycles (frequency scaled)"),
        ("CpuInstr", 1, "instructions", "Number of CPU instructions"),
        ("CacheRef", 2, "cache_refs", "Number of cache references (non frequency scaled)"),
        ("CacheMisses", 3, "cache_misses", "Number of cache misses"),
        ("BranchInstr", 4, "branch_instructions", "Number of CPU branch instructions"),
        ("BranchMisses", 5, "branch_misses", "Number of CPU branch misses"),
        ("StalledCyclesFrontend", 7, "stalled_cycles_frontend", "Number of stalled frontend CPU cycles"),
        ("StalledCyclesBackend", 8, "stalled_cycles_backend", "Number of stalled backend CPU cycles"),
        ("RefCpuCycles", 9, "ref_cpucycles", "Number of CPU cycles"),
    )
)
SOFTWARE: Final = tuple(
    Event(profiler, SOFTWARE_TYPE, config, family, text)
    for profiler, config, family, text in (
        ("PageFault", 2, "page_faults", "Number of page faults"),
        ("ContextSwitch", 3, "context_switches", "Number of context switches"),
        ("CpuMigration", 4, "cpu_migrations", "Number of CPU process migrations"),
        ("MinorFault", 5, "minor_faults", "Number of minor page faults"),
        ("MajorFault", 6, "major_faults", "Number of major page faults"),
    )
)
CACHE: Final = (
    _cache("L1DataReadHit", _L1D, _READ, _HIT, "l1d_read_hits", "Number L1 data cache read hits"),
    _cache("L1DataReadMiss", _L1D, _READ, _MISS, "l1d_read_misses", "Number L1 data cache read misses"),
    _cache("L1DataWriteHit", _L1D, _WRITE, _HIT, "l1d_write_hits", "Number L1 data cache write hits"),
    _cache(
        "L1InstrReadMiss", _L1I, _READ, _MISS, "l1_instr_read_misses", "Number instruction L1 instruction read misses"
    ),
    _cache("InstrTLBReadHit", _ITLB, _READ, _HIT, "tlb_instr_read_hits", "Number instruction TLB read hits"),
    _cache("InstrTLBReadMiss", _ITLB, _READ, _MISS, "tlb_instr_read_misses", "Number instruction TLB read misses"),
    _cache("DataTLBReadHit", _DTLB, _READ, _HIT, "tlb_data_read_hits", "Number of data TLB read hits"),
    _cache("DataTLBReadMiss", _DTLB, _READ, _MISS, "tlb_data_read_misses", "Number of data TLB read misses"),
    _cache("DataTLBWriteHit", _DTLB, _WRITE, _HIT, "tlb_data_write_hits", "Number of data TLB write hits"),
    _cache("DataTLBWriteMiss", _DTLB, _WRITE, _MISS, "tlb_data_write_misses", "Number of data TLB write misses"),
    _cache("LLReadHit", _LL, _READ, _HIT, "ll_read_hits", "Number last level read hits"),
    _cache("LLReadMiss", _LL, _READ, _MISS, "ll_read_misses", "Number last level read misses"),
    _cache("LLWriteHit", _LL, _WRITE, _HIT, "ll_write_hits", "Number last level write hits"),
    _cache("LLWriteMiss", _LL, _WRITE, _MISS, "ll_write_misses", "Number last level write misses"),
    _cache("BPUReadHit", _BPU, _READ, _HIT, "bpu_read_hits", "Number BPU read hits"),
    _cache("BPUReadMiss", _BPU, _READ, _MISS, "bpu_read_misses", "Number BPU read misses"),
)
