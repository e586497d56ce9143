// A folder whose model.safetensors.index.json holds any bytes: refused with a message, or shards of this folder that
// hold what the index says. The input is the index, then a zero byte, then one of the shards.

#include "core/base/error.h"
#include "tests/fuzz/tensor_file_check.h"

#include <fstream>
#include <string_view>

namespace {
namespace fs = std::filesystem;

void write(const fs::path& file, std::string_view content) {
    std::ofstream(file, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
}

// A folder in memory, made once: two good shards, a file beside it that no index may reach, and a link to that file.
struct Folder {
    fs::path top = fs::path("/dev/shm") / ("diapason-fuzz-" + std::to_string(::getpid()));
    fs::path model = top / "model";

    Folder() {
        fs::create_directories(model);
        const float value[2] = {1, 2};
        diapason::write_safetensors(model / "one.safetensors", {{"a", "F32", {2}, value}, {"b", "F32", {1}, value}},
                                    {});
        diapason::write_safetensors(model / "two.safetensors", {{"c", "F32", {2}, value}}, {});
        diapason::write_safetensors(top / "secret.safetensors", {{"a", "F32", {2}, value}}, {});
        fs::create_symlink(top / "secret.safetensors", model / "link.safetensors");
    }
    ~Folder() { fs::remove_all(top); }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace diapason;
    static const Folder folder;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t end = input.find('\0');
    write(folder.model / "model.safetensors.index.json", input.substr(0, end));
    write(folder.model / "any.safetensors", end == std::string_view::npos ? std::string_view() : input.substr(end + 1));
    try {
        for (const TensorFile& file : open_weights(folder.model)) {
            if (fs::canonical(file.path()).parent_path() != fs::canonical(folder.model)) __builtin_trap();
            fuzzing::check_tensors(file, fs::file_size(file.path()));
        }
    } catch (const Error&) {
    }
    return 0;
}
