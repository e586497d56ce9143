// Replay: a stored run through the very event stream that a live run uses.
#pragma once

#include "core/store/store_reader.h"
#include "experiments/run/run_event.h"

#include <cstdint>
#include <vector>

namespace diapason {

/// The stored run as its stream of events, ordered as a live run would have sent them (by step, then wall time).
/// The last event is the terminal StateChanged. Playing at a speed is the caller's clock over MetricPoint::wall_s.
std::vector<RunEvent> replay_events(const StoreReader& reader, RowId run);

} // namespace diapason
