#include "core/base/awaited_work.h"

#include "core/base/error.h"

#include <algorithm>
#include <utility>

namespace diapason {
namespace {

thread_local AwaitedWork* awaited = nullptr;

} // namespace

AwaitedWork::Scope::Scope(AwaitedWork& work) : m_before(std::exchange(awaited, &work)) {}

AwaitedWork::Scope::~Scope() {
    awaited = m_before;
}

std::string AwaitedWork::part() const {
    const std::lock_guard guard(m_mutex);
    return m_part;
}

double AwaitedWork::share() const {
    const std::uint64_t units = m_units;
    return units == 0 ? 0 : std::min(1.0, static_cast<double>(m_done) / static_cast<double>(units));
}

void work_begins(const std::string& part, std::uint64_t units) {
    if (awaited == nullptr) return;
    {
        const std::lock_guard guard(awaited->m_mutex);
        awaited->m_part = part;
    }
    awaited->m_done = 0;
    awaited->m_units = units;
    work_advances();
}

void work_advances(std::uint64_t units) {
    if (awaited == nullptr) return;
    awaited->m_done += units;
    if (awaited->m_stop) throw Error(ErrorKind::cancelled, "stopped: " + awaited->part());
}

} // namespace diapason
