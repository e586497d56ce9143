// The states of a run and which of them follows which: a closed set, one table, enforced by the store.
#pragma once

#include <string>
#include <vector>

namespace diapason {

/// docs/SCHEMA.md shows the table of transitions.
enum class RunState { queued, starting, running, paused, finished, diverged, failed, cancelled, interrupted };

const char* name_of(RunState state);
RunState run_state_from(const std::string& name); ///< @throws Error(input)
/// Nothing happens to the run any more unless somebody asks for it.
bool is_terminal(RunState state);
/// Whether asking for the study to go on concerns a run in this state: it waits, or ended before its last step.
bool can_go_on(RunState state);
bool may_follow(RunState from, RunState to);
/// The states that `to` may follow.
std::vector<RunState> states_before(RunState to);

} // namespace diapason
