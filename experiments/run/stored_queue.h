// The queue of a study as the database holds it: what a session begins with, and what is shown when none is at work.
#pragma once

#include "core/store/store_reader.h"
#include "experiments/run/study_session.h"

namespace diapason {

/// A stored run as a row of the queue.
QueueEntry queue_entry(const RunLine& run);

/// All runs of a study, by arm, then seed.
QueueStatus stored_queue(const StoreReader& reader, RowId study);

} // namespace diapason
