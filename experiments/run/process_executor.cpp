#include "core/base/paths.h"
#include "experiments/run/engine_library.h"
#include "experiments/run/executor.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <optional>
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
    std::thread reader;
    bool ended = false;
};

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
                request(*child, "interrupt\n");
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
        if (!start(*child, problem)) {
            // Delivered from a thread of its own, as every event is, so that the caller's locks are free.
            child->reader = std::thread([this, key = job.key, problem, self = child.get()] {
                deliver(key, StateChanged{RunState::failed, problem, ErrorKind::internal, {}});
                finish(*self);
            });
        } else {
            const Json order = {{"spec", to_json(job.spec)},
                                {"folder", job.place.folder.string()},
                                {"checkpoint_every_s", job.place.checkpoint_every_s},
                                {"inputs", job.place.inputs},
                                {"task", job.place.task},
                                {"outlives_parent", m_outlive}};
            request(*child, order.dump() + "\n");
            child->reader = std::thread([this, self = child.get()] { read(*self); });
        }
        m_children[job.key] = std::move(child);
    }

    void stop(std::int64_t key, Stop why) override { send(key, why == Stop::cancel ? "cancel\n" : "interrupt\n"); }
    void pause(std::int64_t key, bool paused) override { send(key, paused ? "pause\n" : "resume\n"); }

    std::string describe() const override {
        return std::to_string(m_slots) + (m_slots == 1 ? " isolated process" : " isolated processes");
    }

private:
    bool start(Child& child, std::string& problem) {
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

    void read(Child& child) {
        std::string buffer;
        char block[1 << 16];
        std::optional<StateChanged> last;
        std::string bad_line;
        while (true) {
            const ssize_t n = ::read(child.events, block, sizeof block);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) break;
            buffer.append(block, static_cast<std::size_t>(n));
            std::size_t start = 0;
            for (std::size_t end; (end = buffer.find('\n', start)) != std::string::npos; start = end + 1) {
                try {
                    RunEvent event = run_event_from_line(buffer.substr(start, end - start));
                    const auto* state = std::get_if<StateChanged>(&event);
                    if (state != nullptr && is_terminal(state->state)) {
                        // Held back until the child is reaped, so that its memory is free before the next one starts.
                        last = *state;
                        continue;
                    }
                    deliver(child.key, std::move(event));
                } catch (const Error& error) {
                    bad_line = error.what();
                }
            }
            buffer.erase(0, start);
        }
        int status = 0;
        while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
        }
        close_if_open(child.events);
        if (last) {
            deliver(child.key, std::move(*last));
        } else {
            deliver(child.key, StateChanged{RunState::failed,
                                            why(status, bad_line),
                                            WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? ErrorKind::memory
                                                                                               : ErrorKind::internal,
                                            {}});
        }
        finish(child);
    }

    static std::string why(int status, const std::string& bad_line) {
        if (WIFSIGNALED(status)) {
            const int signal = WTERMSIG(status);
            std::string text = std::string("its process was killed by signal ") + ::sigabbrev_np(signal);
            if (signal == SIGKILL) text += ", which the system sends when memory runs out";
            return text;
        }
        std::string text = "its process exited with code " + std::to_string(WEXITSTATUS(status)) + " without a result";
        return bad_line.empty() ? text : text + "; " + bad_line;
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
