// What a plan's runs will read: rows of tasks, tokenizers.
#pragma once

#include "experiments/study/plan.h"

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace diapason {

/// The tasks and backbones that a plan's runs read, as one text: equal for plans that read the same.
std::string names_of_inputs(const Plan& plan);

/// Finds out before anything is stored what each of a plan's runs would find. Whoever keeps one reads again only what
/// has changed. Any thread; one waits for the other.
class InputCheck {
public:
    /// Reads all rows of the plan's tasks and makes tokens of them for its backbones. Tokenizers that only the engine
    /// reads are left to it.
    /// @throws Error of the kind of the first fault; several are listed together; Error(cancelled) when whoever waits
    /// stops it (core/base/awaited_work.h): the next call reads again
    void require(const Plan& plan);

private:
    std::mutex m_mutex;
    std::map<std::string, std::vector<Error>> m_faults; ///< by what was read, in the state in which it was
};

} // namespace diapason
