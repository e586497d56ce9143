// Progress of a study on a terminal (one line that changes) or in a log (a line a run).
#pragma once

#include "experiments/run/study_session.h"

#include <string>

namespace diapason::cli {

class ProgressLine {
public:
    ProgressLine(); ///< standard error decides which of the two it is

    /// Call a few times a second, and once at the end.
    void show(const QueueStatus& status);
    void clear();
    /// In full, whatever standard error is: how far the study and each run in progress is.
    void tell(const QueueStatus& status);

private:
    std::string bar(double share) const;

    bool m_terminal;
    std::size_t m_reported = 0;
};

} // namespace diapason::cli
