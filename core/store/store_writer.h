// The thread that writes: it takes jobs in their order and stores them in batches. What cannot be stored for now,
// because the disk is full or another program has locked the file, is kept and tried again.
#pragma once

#include "core/base/error.h"
#include "core/store/point_writer.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace diapason {

/// How long and how much the writer waits for better times.
struct StoreLimits {
    std::chrono::milliseconds stall_after{5000}; ///< nothing could be stored for that long: a stall, which is told
    std::size_t kept_bytes = 64u << 20;          ///< more is not kept; what was is lost, and so are its runs
};

/// Whom the writer tells; all on its own thread, none of them may wait for it.
struct WriterListener {
    /// After each commit, when readers see what it holds. `state`: a run's state may have changed, not only points
    std::function<void(bool state)> committed;
    /// A stall has begun, and why; empty: it has ended
    std::function<void(const std::string& why)> stalled;
    /// Rows of a run are lost: refused by the database, or too many to be kept. It will not become `finished`.
    std::function<void(RowId run, const Error& why)> lost;
};

class StoreWriter {
public:
    /// What a job works with. `lost`: runs that lack rows, and why.
    struct Context {
        Connection& connection;
        PointWriter& points;
        std::map<RowId, std::string>& lost;
    };
    using Job = std::function<void(Context&)>;

    /// @param connection no other thread uses it
    StoreWriter(std::unique_ptr<Connection> connection, const StoreLimits& limits);
    ~StoreWriter(); ///< stores what waits, unless that cannot be done at once

    /// @param run whose rows these are, 0 = nobody's
    /// @param bytes about what they take while they wait
    /// @param durable the batch ends with a full sync
    void submit(RowId run, std::size_t bytes, bool durable, Job job);
    /// Committed when it returns. @throws what the job threw, or Error when nothing can be stored at present
    void submit_and_wait(Job job);
    /// `then` is called on the writer's thread when all that was submitted before is committed or given up.
    /// @param run of which no row may be lost for `stored` to be true; 0 = of any
    void after(RowId run, std::function<void(bool stored)> then);
    /// The first loss since the writer began, null when there was none.
    std::exception_ptr first_loss() const;
    /// Changes who is told; of a stall that lasts already at once.
    void listen(const std::function<void(WriterListener&)>& change);

private:
    struct Entry {
        Job job; ///< none: only to be told
        RowId run = 0;
        std::size_t bytes = 0;
        bool durable = false;
        bool waits = false; ///< somebody waits: told of a stall instead of kept
        std::function<void(std::exception_ptr)> done;
    };
    using Batch = std::deque<Entry>;
    using Clock = std::chrono::steady_clock;

    void add(Entry entry, bool urgent);
    void work();
    std::optional<Error> write(Batch& batch);
    void require_same_file() const;
    std::exception_ptr attempt(const Batch& batch, std::size_t count);
    void stored(Batch& batch, std::size_t count);
    void lose(const Entry& entry, const Error& why);
    void hold_out(Batch& batch, const Error& why);
    void end_stall();
    WriterListener listener() const;

    std::unique_ptr<Connection> m_connection;
    const StoreLimits m_limits;
    const std::pair<std::uint64_t, std::uint64_t> m_file; ///< device and inode
    PointWriter m_points;
    std::map<RowId, std::string> m_lost;       // writer's thread
    std::optional<Clock::time_point> m_trying; // since when nothing could be stored; writer's thread
    std::int64_t m_commits = 0;                // writer's thread

    mutable std::mutex m_mutex; // guards what follows
    std::condition_variable m_wake;
    Batch m_queue;
    std::size_t m_bytes = 0; // of the queue
    bool m_urgent = false, m_stopping = false;
    std::string m_stall; // why nothing can be stored, once that is told
    std::exception_ptr m_first_loss;
    WriterListener m_listener;
    std::thread m_thread;
};

} // namespace diapason
