#include "app/cli/waiting_line.h"

#include "core/base/visible_text.h"

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <unistd.h>

namespace diapason::cli {

WaitingLine::WaitingLine() {
    if (::isatty(STDERR_FILENO) != 0) m_thread = std::jthread([this](const std::stop_token& over) { tell(over); });
}

void WaitingLine::tell(const std::stop_token& over) const {
    using namespace std::chrono_literals;
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    bool told = false;
    for (auto pause = 500ms; !wake.wait_for(lock, over, pause, [&] { return over.stop_requested(); }); pause = 100ms) {
        const std::string part = m_work.part();
        if (part.empty()) continue;
        std::fprintf(stderr, "\r\033[K%s %3.0f %%", visible_line(part).c_str(), 100 * m_work.share());
        std::fflush(stderr);
        told = true;
    }
    if (told) std::fprintf(stderr, "\r\033[K");
}

} // namespace diapason::cli
