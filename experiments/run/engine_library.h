// Loads libdiapason_engine.so when it is first needed.
#pragma once

#include "experiments/run/engine.h"

#include <string>
#include <vector>

namespace diapason {

/// The engine of this process. The first call loads the library (about 0.3 s): make it on the thread that will compute.
/// @throws Error(internal) when the library cannot be loaded, naming the file and the reason
Engine& load_engine();

/// Environment that the engine's thread pool needs before it is loaded: idle workers sleep instead of spinning at
/// barriers, which on a busy machine is the difference between 25 and 2300 ms a step - but only after some 100 µs,
/// since most waits end before a sleeper would have woken (1.15 times as fast on two idle cores). load_engine() sets
/// it; children get it too.
const std::vector<std::pair<std::string, std::string>>& engine_environment();

} // namespace diapason
