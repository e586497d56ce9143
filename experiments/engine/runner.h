// Executes one run: Engine::run (experiments/engine.h).
#pragma once

#include "experiments/engine.h"

namespace diapason {

/// Never throws. @return the terminal state that was sent last
RunState execute_run(const RunSpec& spec, const RunPlace& place, const EventSink& sink, RunControl& control);

} // namespace diapason
