#include "core/base/paths.h"
#include "experiments/run/engine_library.h"
#include "experiments/run/executor.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <poll.h>
#include <span>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char** environ;

namespace diapason {
namespace {

// One child: `diapason-cli run exec`, its specification on standard input, its events on standard output, one JSON line
// each. Further lines on standard input are requests: "pause", "resume", "cancel", "interrupt"; its end means that the
// parent is gone.
struct Child {
    std::int64_t key = 0;
    pid_t pid = -1;
    int requests = -1;
    int events = -1;
    std::int64_t out_of_memory = 0;       ///< how often the system had killed for memory when it began
    std::atomic<Stop> asked = Stop::none; ///< to end
    std::thread reader;
    bool ended = false;
};

// A child that was asked to end leaves a checkpoint within its step. One that is stopped, hangs or is in the middle of
// a very long step is killed, so that the program ends within five seconds; it goes on from the checkpoint before.
constexpr std::chrono::milliseconds grace(3000), glance(100);
constexpr std::size_t longest_line = 64u << 20;

// How often the system has killed a process of ours, or any, for lack of memory.
std::int64_t memory_kills() {
    std::int64_t kills = 0;
    for (const char* file : {"/sys/fs/cgroup/memory.events", "/proc/vmstat"}) {
        std::ifstream counts(file);
        std::string name;
        for (std::int64_t value = 0; counts >> name >> value;)
            kills += name == "oom_kill" ? value : 0;
    }
    return kills;
}

void close_if_open(int& descriptor) {
    if (descriptor >= 0) ::close(descriptor);
    descriptor = -1;
}

std::vector<std::string> child_environment() {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const auto equals = text.find('=');
        if (equals != std::string::npos) variables[text.substr(0, equals)] = text.substr(equals + 1);
    }
    for (const auto& [name, value] : engine_environment())
        variables[name] = value;
    variables["OMP_NUM_THREADS"] = "1";
    std::vector<std::string> list;
    for (const auto& [name, value] : variables)
        list.push_back(name + "=" + value);
    return list;
}

class ProcessExecutor : public Executor {
public:
    ProcessExecutor(int processes, bool outlive)
        : m_slots(processes > 0 ? processes : std::max(1, static_cast<int>(std::thread::hardware_concurrency()))),
          m_outlive(outlive) {
        std::signal(SIGPIPE, SIG_IGN); // a dead child's pipe is an error code, not our end
    }

    ~ProcessExecutor() override {
        std::map<std::int64_t, std::unique_ptr<Child>> children;
        {
            const std::lock_guard guard(m_mutex);
            for (auto& [key, child] : m_children)
                ask_to_end(*child, Stop::interrupt);
            children.swap(m_children);
        }
        for (auto& [key, child] : children) {
            if (child->reader.joinable()) child->reader.join();
            close_if_open(child->requests);
        }
    }

    void set_sink(Sink sink) override { m_sink = std::move(sink); }
    int capacity() const override { return m_slots; }

    void submit(RunJob job) override {
        const std::lock_guard guard(m_mutex);
        for (auto it = m_children.begin(); it != m_children.end();) { // readers of ended children
            if (!it->second->ended) {
                ++it;
                continue;
            }
            it->second->reader.join();
            close_if_open(it->second->requests);
            it = m_children.erase(it);
        }
        auto child = std::make_unique<Child>();
        child->key = job.key;
        std::string problem;
        if (const std::string order = order_of(job, problem); order.empty() || !start(*child, problem)) {
            // Delivered from a thread of its own, as every event is, so that the caller's locks are free.
            child->reader = std::thread([this, key = job.key, problem, self = child.get()] {
                deliver(key, StateChanged{RunState::failed, problem, ErrorKind::internal, {}});
                finish(*self);
            });
        } else {
            request(*child, order);
            child->reader = std::thread([this, self = child.get()] { read(*self); });
        }
        m_children[job.key] = std::move(child);
    }

    void stop(std::int64_t key, Stop why) override {
        const std::lock_guard guard(m_mutex);
        const auto found = m_children.find(key);
        if (found != m_children.end() && !found->second->ended) ask_to_end(*found->second, why);
    }
    void pause(std::int64_t key, bool paused) override { send(key, paused ? "pause\n" : "resume\n"); }

    std::string describe() const override {
        return std::to_string(m_slots) + (m_slots == 1 ? " isolated process" : " isolated processes");
    }

private:
    // Empty when it cannot be written: a path or a name that is not UTF-8.
    std::string order_of(const RunJob& job, std::string& problem) const {
        try {
            const Json order = {{"spec", to_json(job.spec)},
                                {"folder", path_to_json(job.place.folder)},
                                {"checkpoint_every_s", job.place.policy.checkpoint_every_s},
                                {"wait_for_storage_s", job.place.policy.wait_for_storage_s},
                                {"inputs", job.place.inputs},
                                {"task", job.place.task},
                                {"outlives_parent", m_outlive}};
            return order.dump() + "\n";
        } catch (const Json::exception& error) {
            problem = std::string("the run's specification cannot be sent to its process: ") + error.what();
            return {};
        }
    }

    static void ask_to_end(Child& child, Stop why) {
        request(child, why == Stop::cancel ? "cancel\n" : "interrupt\n");
        child.asked = why;
    }

    bool start(Child& child, std::string& problem) {
        child.out_of_memory = memory_kills();
        int in[2], out[2];
        if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) {
            problem = std::string("cannot open a pipe to a child process: ") + std::strerror(errno);
            return false;
        }
        const std::string program = (program_folder() / "diapason-cli").string();
        const char* arguments[] = {program.c_str(), "run", "exec", nullptr};
        const std::vector<std::string> environment = child_environment();
        std::vector<char*> variables;
        for (const std::string& variable : environment)
            variables.push_back(const_cast<char*>(variable.c_str()));
        variables.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
        // A group of its own: an interrupt at the terminal is the parent's to turn into a tidy end.
        posix_spawnattr_t attributes;
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
        const int error = ::posix_spawn(&child.pid, program.c_str(), &actions, &attributes,
                                        const_cast<char**>(arguments), variables.data());
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
        ::close(in[0]);
        ::close(out[1]);
        child.requests = in[1];
        child.events = out[0];
        if (error == 0) return true;
        close_if_open(child.requests);
        close_if_open(child.events);
        problem = program + ": cannot be started: " + std::strerror(error);
        return false;
    }

    static void request(Child& child, const std::string& line) {
        for (std::size_t done = 0; child.requests >= 0 && done < line.size();) {
            const ssize_t n = ::write(child.requests, line.data() + done, line.size() - done);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) return; // the child is gone; its reader reports that
            done += static_cast<std::size_t>(n);
        }
    }

    void send(std::int64_t key, const std::string& line) {
        const std::lock_guard guard(m_mutex);
        const auto found = m_children.find(key);
        if (found != m_children.end() && !found->second->ended) request(*found->second, line);
    }

    // Two readers never deliver at once.
    void deliver(std::int64_t key, RunEvent event) {
        const std::lock_guard guard(m_delivery);
        m_sink(key, std::move(event));
    }

    // When a child that was asked to end has to have ended.
    struct Limit {
        std::optional<std::chrono::steady_clock::time_point> end = std::nullopt;
        bool passed(const Child& child) {
            if (child.asked == Stop::none) return false;
            const auto now = std::chrono::steady_clock::now();
            if (!end) end = now + grace;
            return now > *end;
        }
    };

    // One piece of what the child says; empty at its end, and when that is late.
    static std::string_view listen(const Child& child, std::span<char> block, Limit& limit) {
        while (!limit.passed(child)) {
            pollfd events{child.events, POLLIN, 0};
            const int ready = ::poll(&events, 1, static_cast<int>(glance.count()));
            if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
            const ssize_t n = ::read(child.events, block.data(), block.size());
            if (n < 0 && errno == EINTR) continue;
            return {block.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
        }
        return {};
    }

    // Events up to the last, which is held back until the child is reaped: its memory is free before the next one
    // starts.
    std::optional<StateChanged> events_of(Child& child, std::string& problem) {
        std::optional<StateChanged> last;
        std::vector<char> block(1 << 16);
        std::string buffer;
        Limit limit;
        for (std::string_view piece; !(piece = listen(child, block, limit)).empty();) {
            buffer.append(piece);
            std::size_t start = 0;
            for (std::size_t end; (end = buffer.find('\n', start)) != std::string::npos; start = end + 1) {
                try {
                    RunEvent event = run_event_from_line(buffer.substr(start, end - start));
                    const auto* state = std::get_if<StateChanged>(&event);
                    if (state != nullptr && is_terminal(state->state))
                        last = *state;
                    else
                        deliver(child.key, std::move(event));
                } catch (const Error& error) {
                    problem = std::string("its process wrote a line that is not an event: ") + error.what();
                    return std::nullopt; // what else it says cannot be trusted
                }
            }
            buffer.erase(0, start);
            if (buffer.size() > longest_line) {
                problem = "its process wrote a line of more than 64 MiB";
                return std::nullopt;
            }
        }
        if (limit.passed(child)) problem = "its process did not end when it was asked to";
        return last;
    }

    // The child's exit status. One that goes on behind its last word, or whose words are no use, is killed.
    static int reap(const Child& child, bool at_once) {
        const auto limit = std::chrono::steady_clock::now() + grace;
        int status = 0;
        while (true) {
            const pid_t ended = ::waitpid(child.pid, &status, WNOHANG);
            if (ended == child.pid || (ended < 0 && errno != EINTR)) return status;
            if (at_once || std::chrono::steady_clock::now() > limit) ::kill(child.pid, SIGKILL);
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

    void read(Child& child) {
        std::string problem;
        std::optional<StateChanged> last = events_of(child, problem);
        const int status = reap(child, !problem.empty());
        close_if_open(child.events);
        if (!last) last = end_without_a_word(child, status, problem);
        deliver(child.key, std::move(*last));
        finish(child);
    }

    static StateChanged end_without_a_word(const Child& child, int status, const std::string& problem) {
        // What was to end has ended; its checkpoint is the one before.
        if (const Stop why = child.asked; why != Stop::none)
            return {
                why == Stop::cancel ? RunState::cancelled : RunState::interrupted, problem, ErrorKind::cancelled, {}};
        if (!problem.empty()) return {RunState::failed, problem, ErrorKind::internal, {}};
        if (!WIFSIGNALED(status))
            return {RunState::failed,
                    "its process exited with code " + std::to_string(WEXITSTATUS(status)) + " without a result",
                    ErrorKind::internal,
                    {}};
        const int signal = WTERMSIG(status);
        const char* name = ::sigabbrev_np(signal); // null for real-time signals
        std::string text = "its process was killed by signal " + (name != nullptr ? name : std::to_string(signal));
        const bool memory = signal == SIGKILL && memory_kills() > child.out_of_memory;
        if (memory)
            text += ": the system had run out of memory";
        else if (signal == SIGSEGV || signal == SIGABRT || signal == SIGBUS || signal == SIGILL || signal == SIGFPE)
            text += ". That is a defect of Diapason or of a library; please report it";
        else
            text += " from outside. Continue the study to run it again";
        return {RunState::failed, text, memory ? ErrorKind::memory : ErrorKind::internal, {}};
    }

    void finish(Child& child) {
        const std::lock_guard guard(m_mutex);
        child.ended = true;
    }

    int m_slots;
    bool m_outlive;
    Sink m_sink;
    std::mutex m_mutex, m_delivery;
    std::map<std::int64_t, std::unique_ptr<Child>> m_children;
};

} // namespace

std::unique_ptr<Executor> make_process_executor(int processes, bool outlive) {
    return std::make_unique<ProcessExecutor>(processes, outlive);
}

} // namespace diapason
