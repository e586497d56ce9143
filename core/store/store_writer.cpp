#include "core/store/store_writer.h"

#include <sqlite3.h>

#include <algorithm>
#include <future>
#include <iterator>
#include <set>
#include <sys/stat.h>

namespace diapason {
namespace {

constexpr auto batch_time = std::chrono::milliseconds(250);
constexpr std::size_t batch_jobs = 4096;
constexpr std::chrono::milliseconds shortest_pause(20), longest_pause(1000); // between tries
constexpr int lock_patience_ms = 1000;                                       // of one try

// Time may mend it, and the same rows can be stored then.
bool may_pass(ErrorKind kind) {
    return kind == ErrorKind::storage || kind == ErrorKind::locked || kind == ErrorKind::memory;
}

Error as_error(const std::exception_ptr& problem) {
    try {
        std::rethrow_exception(problem);
    } catch (const Error& error) {
        return error;
    } catch (const std::bad_alloc&) {
        return {ErrorKind::memory, "not enough memory to store results"};
    } catch (const std::exception& error) {
        return {ErrorKind::internal, error.what()};
    }
}

std::pair<std::uint64_t, std::uint64_t> identity_of(const std::filesystem::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return {};
    return {status.st_dev, status.st_ino};
}

} // namespace

StoreWriter::StoreWriter(std::unique_ptr<Connection> connection, const StoreLimits& limits)
    : m_connection(std::move(connection)),
      m_limits(limits),
      m_file(identity_of(m_connection->file())),
      m_points(*m_connection) {
    sqlite3_busy_timeout(m_connection->handle(), lock_patience_ms);
    m_thread = std::thread([this] { work(); });
}

StoreWriter::~StoreWriter() {
    {
        const std::lock_guard guard(m_mutex);
        m_stopping = true;
    }
    m_wake.notify_all();
    m_thread.join();
    sqlite3_wal_checkpoint_v2(m_connection->handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
}

void StoreWriter::add(Entry entry, bool urgent) {
    {
        const std::lock_guard guard(m_mutex);
        m_bytes += entry.bytes;
        m_urgent = m_urgent || urgent;
        m_queue.push_back(std::move(entry));
    }
    m_wake.notify_one();
}

void StoreWriter::submit(RowId run, std::size_t bytes, bool durable, Job job) {
    add({std::move(job), run, bytes + sizeof(Entry), durable, false, nullptr}, false);
}

void StoreWriter::submit_and_wait(Job job) {
    std::promise<void> promise;
    add({std::move(job), 0, 0, true, true,
         [&promise](const std::exception_ptr& problem) {
             if (problem != nullptr)
                 promise.set_exception(problem);
             else
                 promise.set_value();
         }},
        true);
    promise.get_future().get();
}

void StoreWriter::after(RowId run, std::function<void(bool)> then) {
    add({nullptr, run, 0, false, false,
         [this, run, then = std::move(then)](const std::exception_ptr& problem) {
             then(problem == nullptr && !m_lost.contains(run));
         }},
        true);
}

std::exception_ptr StoreWriter::first_loss() const {
    const std::lock_guard guard(m_mutex);
    return m_first_loss;
}

void StoreWriter::listen(const std::function<void(WriterListener&)>& change) {
    std::string stall;
    std::function<void(const std::string&)> told;
    {
        const std::lock_guard guard(m_mutex);
        change(m_listener);
        stall = m_stall;
        told = m_listener.stalled;
    }
    if (!stall.empty() && told) told(stall);
}

WriterListener StoreWriter::listener() const {
    const std::lock_guard guard(m_mutex);
    return m_listener;
}

void StoreWriter::work() {
    std::unique_lock guard(m_mutex);
    while (true) {
        m_wake.wait(guard, [&] { return m_stopping || !m_queue.empty(); });
        // Wait a little for company, unless somebody is waiting for the answer.
        if (!m_stopping && !m_urgent)
            m_wake.wait_for(guard, batch_time, [&] { return m_stopping || m_urgent || m_queue.size() >= batch_jobs; });
        if (m_queue.empty() && m_stopping) return;
        Batch batch;
        batch.swap(m_queue);
        m_bytes = 0;
        m_urgent = false;
        const bool last_try = m_stopping;
        guard.unlock();
        const Clock::time_point start = Clock::now();
        const std::optional<Error> problem = write(batch);
        if (problem) {
            m_trying = m_trying.value_or(start);
            hold_out(batch, *problem);
        } else {
            end_stall();
        }
        guard.lock();
        if (!problem) continue;
        if (last_try) { // nobody is left to wait for better times
            guard.unlock();
            for (const Entry& entry : batch)
                if (entry.done) entry.done(std::make_exception_ptr(*problem));
            return;
        }
        for (const Entry& entry : batch)
            m_bytes += entry.bytes;
        m_queue.insert(m_queue.begin(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
        const auto tried = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - *m_trying);
        m_wake.wait_for(guard, std::clamp(tried / 4, shortest_pause, longest_pause),
                        [&] { return m_stopping || m_urgent; });
    }
}

// @return why what is left in the batch could not be stored; it may be tried again
std::optional<Error> StoreWriter::write(Batch& batch) {
    for (std::size_t count = batch.size(); !batch.empty(); count = 1) {
        const std::exception_ptr problem = attempt(batch, count);
        if (problem == nullptr) {
            stored(batch, count);
            continue;
        }
        const Error error = as_error(problem);
        if (may_pass(error.kind())) return error;
        if (count > 1) continue; // one job's mistake must not take its neighbours with it
        const Entry entry = std::move(batch.front());
        batch.pop_front();
        if (!entry.waits) lose(entry, error);
        if (entry.done) entry.done(problem);
    }
    return {};
}

// What is written to a file without a name is lost with the program.
void StoreWriter::require_same_file() const {
    if (identity_of(m_connection->file()) == m_file) return;
    throw Error(ErrorKind::storage, {"was removed or replaced while results were stored in it",
                                     m_connection->file().string(),
                                     {},
                                     {},
                                     "Put it back"});
}

// The first `count` in one transaction: all of them or none.
std::exception_ptr StoreWriter::attempt(const Batch& batch, std::size_t count) {
    bool durable = false, empty = true;
    for (std::size_t i = 0; i < count; ++i) {
        durable = durable || batch[i].durable;
        empty = empty && !batch[i].job;
    }
    if (empty) return nullptr;
    const std::map<RowId, std::string> lost_before = m_lost;
    try {
        require_same_file();
        m_connection->execute(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        Transaction transaction(*m_connection);
        Context context{*m_connection, m_points, m_lost};
        for (std::size_t i = 0; i < count; ++i)
            if (batch[i].job) batch[i].job(context);
        transaction.commit();
        return nullptr;
    } catch (...) {
        m_points.forget(); // ids of series whose creation was rolled back
        m_lost = lost_before;
        return std::current_exception();
    }
}

void StoreWriter::stored(Batch& batch, std::size_t count) {
    if (++m_commits % 64 == 0)
        sqlite3_wal_checkpoint_v2(m_connection->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    bool state = false;
    for (std::size_t i = 0; i < count; ++i)
        state = state || batch[i].durable;
    if (const WriterListener told = listener(); told.committed) told.committed(state);
    for (; count > 0; --count) {
        const Entry entry = std::move(batch.front());
        batch.pop_front();
        if (entry.done) entry.done(nullptr);
    }
}

void StoreWriter::lose(const Entry& entry, const Error& why) {
    {
        const std::lock_guard guard(m_mutex);
        if (m_first_loss == nullptr) m_first_loss = std::make_exception_ptr(why);
    }
    if (entry.run != 0) m_lost.emplace(entry.run, why.what());
    if (const WriterListener told = listener(); told.lost) told.lost(entry.run, why);
}

// Nothing can be stored at present: who waits is told; the rest is kept, as long as there is room for it.
void StoreWriter::hold_out(Batch& batch, const Error& why) {
    const auto tried = Clock::now() - *m_trying;
    // A lock that another program holds for a moment is worth waiting for.
    const bool hopeless = why.kind() != ErrorKind::locked || tried >= m_limits.stall_after;
    Batch kept;
    std::size_t bytes = 0;
    for (Entry& entry : batch) {
        if (entry.waits && hopeless) {
            entry.done(std::make_exception_ptr(why));
        } else {
            bytes += entry.bytes;
            kept.push_back(std::move(entry));
        }
    }
    batch.clear();
    if (bytes > m_limits.kept_bytes) {
        std::set<RowId> told;
        for (const Entry& entry : kept) {
            if (entry.job && told.insert(entry.run).second)
                lose(entry, Error(why.kind() == ErrorKind::memory ? ErrorKind::memory : ErrorKind::storage,
                                  why.what() + std::string("; too many results were waiting to be stored")));
            if (entry.done) entry.done(std::make_exception_ptr(why));
        }
        return;
    }
    batch = std::move(kept);
    if (tried < m_limits.stall_after) return;
    {
        const std::lock_guard guard(m_mutex);
        if (!m_stall.empty()) return;
        m_stall = why.what();
    }
    if (const WriterListener told = listener(); told.stalled) told.stalled(why.what());
}

void StoreWriter::end_stall() {
    m_trying.reset();
    {
        const std::lock_guard guard(m_mutex);
        if (m_stall.empty()) return;
        m_stall.clear();
    }
    if (const WriterListener told = listener(); told.stalled) told.stalled({});
}

} // namespace diapason
