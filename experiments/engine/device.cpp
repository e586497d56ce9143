#include "experiments/engine/device.h"

#include "core/base/error.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>

#include <dlfcn.h>
#include <malloc.h>
#include <string>

namespace diapason {
namespace {

// The CUDA half of LibTorch registers itself when it is loaded; the engine links only the CPU half, so that one binary
// serves both.
const std::string& load_cuda() {
    static const std::string problem = [] {
        if (at::hasCUDA()) return std::string();
        return ::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) != nullptr ? std::string()
                                                                               : std::string(::dlerror());
    }();
    return problem;
}

std::string file_that_answers(const char* symbol) {
    Dl_info info{};
    void* address = ::dlsym(RTLD_DEFAULT, symbol);
    // The engine is loaded locally, so that its libraries are not in the global scope: ask the library by name.
    if (address == nullptr) {
        if (void* library = ::dlopen("libtorch_cpu.so", RTLD_NOW | RTLD_NOLOAD)) address = ::dlsym(library, symbol);
    }
    if (address == nullptr || ::dladdr(address, &info) == 0 || info.dli_fname == nullptr) return "not found";
    const std::string path = info.dli_fname;
    return path.substr(path.find_last_of('/') + 1);
}

} // namespace

c10::Device device_from(const std::string& name) {
    if (name == "cpu" || name == "meta") return c10::Device(name);
    if (name != "auto" && name != "cuda" && name.rfind("cuda:", 0) != 0) {
        throw config_error("device", name, "there is no such device", "Choose from cpu, cuda, cuda:N, auto");
    }
    const std::string& problem = load_cuda();
    if (problem.empty() && at::hasCUDA()) {
        const c10::Device device(name == "auto" ? "cuda" : name);
        const auto there = static_cast<std::int64_t>(at::getNumGPUs());
        if (device.has_index() && device.index() >= there)
            throw config_error("device", name, "this machine has " + std::to_string(there) + " GPU(s), counted from 0",
                               "Use cuda or auto");
        return device;
    }
    if (name == "auto") return c10::Device("cpu");
    throw config_error("device", name,
                       problem.empty() ? "this machine has no usable GPU"
                                       : "the GPU part of LibTorch cannot be loaded: " + problem,
                       "Use cpu, or fetch the GPU runtime with ./run --cuda");
}

void prepare_compute_thread(int threads) {
#ifdef __GLIBC__
    // A step allocates the same large blocks again and again: kept by the process, they cost no page faults.
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 64 << 20);
#endif
    at::set_num_threads(threads);
    at::globalContext().setDeterministicAlgorithms(true, false);
    // Otherwise every uninitialised tensor would be filled, which costs more than most kernels.
    at::globalContext().setDeterministicFillUninitializedMemory(false);
}

Json engine_facts() {
    Json facts;
    facts["torch"] = TORCH_VERSION;
    facts["cpu_capability"] = at::get_cpu_capability();
    facts["blas"] = file_that_answers("sgemm_");
    facts["blas_is_torchs_own"] = facts["blas"].get<std::string>().rfind("libtorch", 0) == 0;
    facts["threads"] = at::get_num_threads();
    facts["cuda"] = at::hasCUDA();
    return facts;
}

} // namespace diapason
