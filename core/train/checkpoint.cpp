#include "core/train/checkpoint.h"

#include "core/backbone/tensor_file.h"
#include "core/base/error.h"
#include "core/model/parameters.h"

namespace diapason {
namespace {

std::filesystem::path file_in(const std::filesystem::path& folder) {
    return folder / "checkpoint.safetensors";
}

} // namespace

void save_checkpoint(const std::filesystem::path& folder, const AdamW& optimiser, const Json& state) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    const Parameter parts[] = {{"values", "", optimiser.values()},
                               {"first_moment", "", optimiser.first_moment()},
                               {"second_moment", "", optimiser.second_moment()}};
    save_parameters(
        file_in(folder), {&parts[0], &parts[1], &parts[2]}, "F32",
        {{"format", "diapason-checkpoint"}, {"updates", std::to_string(optimiser.steps())}, {"state", state.dump()}});
}

Json load_checkpoint(const std::filesystem::path& folder, AdamW& optimiser) {
    const TensorFile file(file_in(folder));
    const auto part = [&](const char* name) {
        const TensorEntry* entry = file.find(name);
        if (entry == nullptr || entry->shape != std::vector<std::int64_t>{optimiser.size()}) {
            throw input_error(file.path().string(),
                              std::string("the checkpoint's ") + name + " does not fit this model and method",
                              "Remove the file to start from the beginning");
        }
        return read_tensor(file, *entry).to(optimiser.values().device());
    };
    const auto updates = file.metadata().find("updates");
    const auto state = file.metadata().find("state");
    if (updates == file.metadata().end() || state == file.metadata().end())
        throw input_error(file.path().string(), "is no checkpoint of Diapason");
    optimiser.set_state(part("values"), part("first_moment"), part("second_moment"), std::stoll(updates->second));
    return parse_json(state->second, file.path().string());
}

bool has_checkpoint(const std::filesystem::path& folder) {
    return std::filesystem::exists(file_in(folder));
}

void remove_checkpoint(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::remove(file_in(folder), error);
}

} // namespace diapason
