// Work that somebody waits for: how far it is, and whether it should stop. Whoever waits opens a scope in the thread
// that works; long loops below report, and where nobody waits nothing happens.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace diapason {

/// Any thread may ask and stop; one thread works.
class AwaitedWork {
public:
    /// From here to its end the thread's work is this one's.
    class Scope {
    public:
        explicit Scope(AwaitedWork& work);
        ~Scope();
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

    private:
        AwaitedWork* m_before;
    };

    void stop() { m_stop = true; } ///< the work ends with Error(cancelled) at its next report
    /// "Reading reviews.csv"; empty before the first part has begun.
    std::string part() const;
    double share() const; ///< of that part, 0 … 1

private:
    friend void work_begins(const std::string& part, std::uint64_t units);
    friend void work_advances(std::uint64_t units);

    std::atomic<bool> m_stop = false;
    std::atomic<std::uint64_t> m_done = 0, m_units = 0;
    mutable std::mutex m_mutex; ///< guards m_part
    std::string m_part;
};

/// A part of so many units begins: bytes, rows. @throws Error(cancelled) when it should stop
void work_begins(const std::string& part, std::uint64_t units);
/// So many more are done; 0 only asks whether to go on. @throws Error(cancelled) when it should stop
void work_advances(std::uint64_t units = 0);

} // namespace diapason
