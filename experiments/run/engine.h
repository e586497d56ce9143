// The engine as everybody else sees it: plain structs in, a stream of events out. Torch-free; implemented by
// libdiapason_engine.so, which is loaded when it is first needed (experiments/run/engine_library.h).
#pragma once

#include "experiments/run/run_event.h"
#include "experiments/study/run_spec.h"

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace diapason {

/// Why a run ends before its last step. Either way it leaves a checkpoint and can go on from there.
enum class Stop {
    none,
    cancel,   ///< somebody does not want it any more: it becomes cancelled
    interrupt ///< the program has to end: it becomes interrupted
};

/// Requests to a run in progress; checked once a step. Any thread may set them.
struct RunControl {
    std::atomic<Stop> stop{Stop::none};
    std::atomic<bool> pause{false};
};

/// How all runs of a study care for what they have computed.
struct RunPolicy {
    double checkpoint_every_s = 60;  ///< 0 = behind every step; also at every pause and stop
    double wait_for_storage_s = 600; ///< while nothing can be written, as on a full disk, before the run fails
};

/// Where a run writes, and what it must agree with.
struct RunPlace {
    std::filesystem::path folder; ///< created when needed; empty = write nothing. A checkpoint there is gone on from
    RunPolicy policy = {};
    Json inputs = Json::array(); ///< of other runs of the study (RunBegan's environment): the run refuses others
    Json task = {}; ///< the definition of its task as its study stored it; null = what its specification names is read
    bool checkpoint_at_end = false; ///< behind the last step too: nobody may be there to hear of the result
};

/// Called on the thread that runs the engine, in order. Must not throw.
using EventSink = std::function<void(RunEvent)>;

/// Versions and what the numbers depend on, for `doctor` and for fingerprints.
struct EngineInfo {
    Json facts; ///< flat object: "torch", "blas", "threads", "cpu_capability", "cuda", "devices", …
};

class Engine {
public:
    virtual ~Engine() = default;

    virtual EngineInfo info() = 0;
    /// @param device as a specification names it. @throws Error(config) when this machine does not have it
    virtual void require_device(const std::string& device) = 0;

    /// Executes one run to its end. Never throws: the last event is a StateChanged with a terminal state.
    /// Blocks; one call at a time per process. @return that state
    virtual RunState run(const RunSpec& spec, const RunPlace& place, const EventSink& sink, RunControl& control) = 0;

    /// diapason-cli verify: checks a case folder or a folder of cases (kinds forward, train).
    /// `line` receives each result line; `backbones` is the folder of those that cases only name. @return {passed,
    /// failed}
    struct VerifyResult {
        std::int64_t passed = 0;
        std::int64_t failed = 0;
        Json cases = Json::array();     ///< for --json
        std::vector<std::string> notes; ///< what adapters hold and nothing here reads
    };
    virtual VerifyResult verify(const std::filesystem::path& folder, const std::string& only, const std::string& device,
                                const std::filesystem::path& backbones,
                                const std::function<void(const std::string&)>& line) = 0;

    /// diapason-cli adapter: writes the adapter.safetensors that a run stored as a folder of another library.
    /// @param layout peft or adapterhub. @throws Error
    virtual void export_adapter(const std::filesystem::path& adapter, const std::filesystem::path& folder,
                                const std::string& layout) = 0;

    /// diapason-cli inspect: what a stored adapter does (experiments/engine/inspection.h says what comes back).
    /// @param other a second adapter to compare subspaces with; empty = none @throws Error
    virtual Json inspect(const std::filesystem::path& adapter, const std::filesystem::path& other,
                         std::int64_t items) = 0;

    /// diapason-cli pretrain: trains a backbone from a recipe, checkpointing so that it can go on after a stop.
    /// @throws Error
    virtual void pretrain(const std::filesystem::path& recipe, const Json& overrides,
                          const std::function<void(const std::string&)>& line, RunControl& control) = 0;

    /// What tokenizer and backbone make of one sentence, for the library's record. @throws Error
    virtual Json canary(const std::filesystem::path& backbone) = 0;
};

/// The only symbol of libdiapason_engine.so. The engine lives as long as the process.
extern "C" using EngineEntry = Engine * ();
inline constexpr const char* engine_entry_name = "diapason_engine";

} // namespace diapason
