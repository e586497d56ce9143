// The engine's only exported symbol.

#include "experiments/engine/canary.h"
#include "experiments/engine/current_error.h"
#include "experiments/engine/device.h"
#include "experiments/engine/inspection.h"
#include "experiments/engine/pretrain/pretrain.h"
#include "experiments/engine/run_model.h"
#include "experiments/engine/runner.h"
#include "experiments/engine/verify/verify.h"

namespace diapason {
namespace {

class LocalEngine : public Engine {
public:
    EngineInfo info() override { return {engine_facts()}; }

    RunState run(const RunSpec& spec, const RunPlace& place, const EventSink& sink, RunControl& control) override {
        return execute_run(spec, place, sink, control, &m_store);
    }

    VerifyResult verify(const std::filesystem::path& folder, const std::string& only, const std::string& device,
                        const std::filesystem::path& backbones,
                        const std::function<void(const std::string&)>& line) override {
        return with_plain_errors([&] {
            prepare_compute_thread(1);
            return verify_cases(folder, only, device_from(device).str(), line, backbones);
        });
    }

    void export_adapter(const std::filesystem::path& adapter, const std::filesystem::path& folder,
                        const std::string& layout) override {
        with_plain_errors([&] {
            prepare_compute_thread(1);
            diapason::export_adapter(adapter, folder, layout);
        });
    }

    Json inspect(const std::filesystem::path& adapter, const std::filesystem::path& other,
                 std::int64_t items) override {
        return with_plain_errors([&] {
            prepare_compute_thread(1);
            return inspect_adapter({adapter, other, items});
        });
    }

    void pretrain(const std::filesystem::path& recipe, const Json& overrides,
                  const std::function<void(const std::string&)>& line, RunControl& control) override {
        with_plain_errors([&] { pretrain_backbone(recipe, overrides, line, control); });
    }

    void require_device(const std::string& device) override {
        with_plain_errors([&] { device_from(device); });
    }
    Json canary(const std::filesystem::path& backbone) override {
        return with_plain_errors([&] {
            prepare_compute_thread(1);
            return try_backbone(backbone);
        });
    }

private:
    FrozenStore m_store;
};

} // namespace
} // namespace diapason

extern "C" __attribute__((visibility("default"))) diapason::Engine* diapason_engine() {
    // Never destroyed: the GPU's libraries are loaded later than this one, and gone before states on a GPU would be.
    static auto* engine = new diapason::LocalEngine;
    return engine;
}
