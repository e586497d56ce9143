#include "core/store/run_state.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>

namespace diapason {
namespace {

using enum RunState;

struct Row {
    RunState state;
    const char* name;
    std::vector<RunState> next;
};

const std::array<Row, 9>& table() {
    static const std::array<Row, 9> rows = {{
        {queued, "queued", {starting, cancelled, failed}},
        {starting, "starting", {running, diverged, failed, cancelled, interrupted}},
        {running, "running", {paused, finished, diverged, failed, cancelled, interrupted}},
        {paused, "paused", {running, failed, cancelled, interrupted}},
        {finished, "finished", {}},
        {diverged, "diverged", {}},
        {failed, "failed", {queued}},
        {cancelled, "cancelled", {queued}},
        {interrupted, "interrupted", {queued}},
    }};
    return rows;
}

const Row& row_of(RunState state) {
    return table()[static_cast<std::size_t>(state)];
}

} // namespace

const char* name_of(RunState state) {
    return row_of(state).name;
}

RunState run_state_from(const std::string& name) {
    for (const Row& row : table()) {
        if (name == row.name) return row.state;
    }
    throw Error(ErrorKind::input, "there is no such run state: " + name);
}

bool is_terminal(RunState state) {
    return state != queued && state != starting && state != running && state != paused;
}

bool can_go_on(RunState state) {
    return state == queued || may_follow(state, queued);
}

bool may_follow(RunState from, RunState to) {
    const std::vector<RunState>& next = row_of(from).next;
    return std::find(next.begin(), next.end(), to) != next.end();
}

std::vector<RunState> states_before(RunState to) {
    std::vector<RunState> states;
    for (const Row& row : table()) {
        if (may_follow(row.state, to)) states.push_back(row.state);
    }
    return states;
}

} // namespace diapason
