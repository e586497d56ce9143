#include "app/cli/progress_line.h"

#include "core/base/format.h"

#include <cstdio>
#include <unistd.h>

namespace diapason::cli {

ProgressLine::ProgressLine() : m_terminal(::isatty(STDERR_FILENO) != 0) {}

std::string ProgressLine::bar(double share) const {
    constexpr int width = 24;
    const int full = static_cast<int>(share * width + 0.5);
    std::string text = "[";
    for (int i = 0; i < width; ++i)
        text += i < full ? "#" : ".";
    return text + "]";
}

void ProgressLine::show(const QueueStatus& status) {
    const std::size_t total = status.entries.size();
    double done = 0;
    std::size_t ended = 0;
    for (const QueueEntry& entry : status.entries) {
        if (is_terminal(entry.state)) ++ended;
        done += is_terminal(entry.state) ? 1
                : entry.total_steps > 0  ? static_cast<double>(entry.step) / static_cast<double>(entry.total_steps)
                                         : 0;
    }
    std::string tail = std::to_string(ended) + " of " + std::to_string(total) + " runs";
    if (status.failed > 0) tail += ", " + std::to_string(status.failed) + " failed";
    tail += ", " + format_duration(status.elapsed_s);
    if (status.remaining_low_s && ended < total)
        tail += ", " + format_duration(*status.remaining_low_s) + " to " + format_duration(*status.remaining_high_s) +
                " left";
    if (m_terminal) {
        std::fprintf(stderr, "\r\033[K%s %s", bar(total == 0 ? 1 : done / static_cast<double>(total)).c_str(),
                     tail.c_str());
    } else if (ended != m_reported) {
        m_reported = ended;
        std::fprintf(stderr, "%s\n", tail.c_str());
    }
    std::fflush(stderr);
}

void ProgressLine::clear() {
    if (m_terminal) std::fprintf(stderr, "\r\033[K");
    std::fflush(stderr);
}

} // namespace diapason::cli
