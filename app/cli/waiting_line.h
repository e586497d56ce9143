// How far long reading is, on a terminal: a line of standard error that changes, and is gone at the end.
#pragma once

#include "core/base/awaited_work.h"

#include <thread>

namespace diapason::cli {

/// While it lives, this thread's reading is told; nothing is, where standard error is no terminal, and in the first
/// half second.
class WaitingLine {
public:
    WaitingLine();

private:
    void tell(const std::stop_token& over) const;

    AwaitedWork m_work;
    AwaitedWork::Scope m_scope{m_work};
    std::jthread m_thread; ///< ends first
};

/// What `work` gives, told while it takes.
template <typename Work>
auto while_waiting(Work&& work) {
    const WaitingLine line;
    return work();
}

} // namespace diapason::cli
