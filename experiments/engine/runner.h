// Executes one run: Engine::run (experiments/run/engine.h).
#pragma once

#include "experiments/engine/frozen_store.h"
#include "experiments/run/engine.h"

namespace diapason {

/// Never throws. @return the terminal state that was sent last
/// @param store where states of frozen layers are kept; null = every layer is computed at every step
RunState execute_run(const RunSpec& spec, const RunPlace& place, const EventSink& sink, RunControl& control,
                     FrozenStore* store = nullptr);

} // namespace diapason
