#include "experiments/run/engine_library.h"

#include "core/base/error.h"
#include "core/base/paths.h"

#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <mutex>

namespace diapason {

const std::vector<std::pair<std::string, std::string>>& engine_environment() {
    static const std::vector<std::pair<std::string, std::string>> variables = {{"OMP_WAIT_POLICY", "passive"},
                                                                               {"GOMP_SPINCOUNT", "5000"}};
    return variables;
}

Engine& load_engine() {
    static std::mutex mutex;
    static Engine* engine = nullptr;
    const std::lock_guard guard(mutex);
    if (engine != nullptr) return *engine;
    for (const auto& [name, value] : engine_environment())
        ::setenv(name.c_str(), value.c_str(), 0);
    const std::filesystem::path file = program_library("libdiapason_engine.so");
    // Local: nothing but the engine itself may find the tensor library's thousands of symbols. Never closed.
    void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        throw Error(ErrorKind::internal, {std::string("the engine cannot be loaded: ") + ::dlerror(),
                                          file.string(),
                                          {},
                                          {},
                                          "Build it with ./run --setup-only"});
    auto* entry = reinterpret_cast<EngineEntry*>(::dlsym(library, engine_entry_name));
    if (entry == nullptr)
        throw Error(ErrorKind::internal, {"was not built for this version of Diapason", file.string(), {}, {}, {}});
    engine = entry();
    return *engine;
}

} // namespace diapason
