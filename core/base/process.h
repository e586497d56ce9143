// What every program of ours does before anything else.
#pragma once

namespace diapason {

/// Call once at program start. A full disk, a size limit or a reader that has gone is an error to report, not a signal
/// to die of; and what is opened first must not become the standard output that somebody has closed.
void prepare_process();

} // namespace diapason
