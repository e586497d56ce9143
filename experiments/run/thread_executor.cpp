#include "experiments/run/engine_library.h"
#include "experiments/run/executor.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <pthread.h>

namespace diapason {
namespace {

constexpr std::size_t stack_bytes = 16u << 20; // kernels of the tensor library keep large blocks on the stack

class ThreadExecutor : public Executor {
public:
    explicit ThreadExecutor(Engine* engine) : m_engine(engine) {
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, stack_bytes);
        const int error = pthread_create(
            &m_thread, &attributes,
            [](void* self) -> void* {
                static_cast<ThreadExecutor*>(self)->work();
                return nullptr;
            },
            this);
        pthread_attr_destroy(&attributes);
        if (error != 0) throw Error(ErrorKind::memory, "the worker thread cannot be started");
    }

    ~ThreadExecutor() override {
        {
            const std::lock_guard guard(m_mutex);
            m_stopping = true;
            m_control.stop = Stop::interrupt;
        }
        m_wake.notify_all();
        pthread_join(m_thread, nullptr);
    }

    void set_sink(Sink sink) override { m_sink = std::move(sink); }
    int capacity() const override { return 1; }

    void submit(RunJob job) override {
        const std::lock_guard guard(m_mutex);
        m_control.stop = Stop::none;
        m_control.pause = false;
        m_key = job.key;
        m_job = std::move(job);
        m_wake.notify_all();
    }

    void stop(std::int64_t key, Stop why) override {
        const std::lock_guard guard(m_mutex);
        if (m_key == key) m_control.stop = why;
    }

    void pause(std::int64_t key, bool paused) override {
        const std::lock_guard guard(m_mutex);
        if (m_key == key) m_control.pause = paused;
    }

    std::string describe() const override { return "worker thread"; }

private:
    void work() {
        std::unique_lock guard(m_mutex);
        while (true) {
            m_wake.wait(guard, [&] { return m_stopping || m_job.has_value(); });
            if (m_stopping) return;
            const RunJob job = std::move(*m_job);
            m_job.reset();
            guard.unlock();
            execute(job);
            guard.lock();
        }
    }

    void execute(const RunJob& job) {
        const EventSink sink = [&](RunEvent event) { m_sink(job.key, std::move(event)); };
        try {
            Engine& engine = m_engine != nullptr ? *m_engine : load_engine();
            engine.run(job.spec, job.place, sink, m_control);
        } catch (const Error& error) { // the engine could not be loaded
            sink(StateChanged{RunState::failed, error.what(), error.kind(), {}});
        }
    }

    Engine* m_engine;
    Sink m_sink;
    RunControl m_control;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::optional<RunJob> m_job;
    std::int64_t m_key = -1;
    bool m_stopping = false;
    pthread_t m_thread{};
};

} // namespace

std::unique_ptr<Executor> make_thread_executor(Engine* engine) {
    return std::make_unique<ThreadExecutor>(engine);
}

} // namespace diapason
