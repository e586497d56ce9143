#include "core/base/process.h"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace diapason {

void prepare_process() {
    std::signal(SIGXFSZ, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    // The wrong way round, so that using one that was closed is still an error.
    constexpr int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int standard = 0; standard < 3; ++standard) {
        if (::fcntl(standard, F_GETFD) < 0 && ::open("/dev/null", modes[standard]) != standard) return;
    }
}

} // namespace diapason
