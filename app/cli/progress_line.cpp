#include "app/cli/progress_line.h"

#include "core/base/format.h"
#include "core/base/visible_text.h"

#include <cmath>
#include <cstdio>
#include <unistd.h>

namespace diapason::cli {

ProgressLine::ProgressLine() : m_terminal(::isatty(STDERR_FILENO) != 0) {}

std::string ProgressLine::bar(double share) const {
    constexpr int width = 24;
    const int full = static_cast<int>(std::lround(share * width));
    std::string text = "[";
    for (int i = 0; i < width; ++i)
        text += i < full ? "#" : ".";
    return text + "]";
}

namespace {

std::string summary(const QueueStatus& status) {
    const std::size_t ended = status.ended(), total = status.entries.size();
    std::string text = std::to_string(ended) + " of " + std::to_string(total) + " runs";
    if (status.failed > 0) text += ", " + std::to_string(status.failed) + " failed";
    text += ", " + format_duration(status.elapsed_s);
    if (status.remaining_low_s && ended < total)
        text += ", " + format_duration(*status.remaining_low_s) + " to " + format_duration(*status.remaining_high_s) +
                " left";
    return text;
}

} // namespace

void ProgressLine::show(const QueueStatus& status) {
    if (m_terminal) {
        std::fprintf(stderr, "\r\033[K%s %s", bar(status.share()).c_str(), summary(status).c_str());
    } else if (status.ended() != m_reported) {
        m_reported = status.ended();
        std::fprintf(stderr, "%s\n", summary(status).c_str());
    }
    std::fflush(stderr);
}

void ProgressLine::tell(const QueueStatus& status) {
    clear();
    std::string text = summary(status) + "\n";
    for (const QueueEntry& entry : status.entries) {
        if (is_terminal(entry.state) || entry.state == RunState::queued) continue;
        text += "  " + visible_line(entry.arm_label) + ", seed " + std::to_string(entry.seed) + ": " +
                name_of(entry.state) + ", step " + std::to_string(entry.step) + " of " +
                std::to_string(entry.total_steps) + "\n";
    }
    std::fputs(text.c_str(), stderr);
    std::fflush(stderr);
}

void ProgressLine::clear() {
    if (m_terminal) std::fprintf(stderr, "\r\033[K");
    std::fflush(stderr);
}

} // namespace diapason::cli
