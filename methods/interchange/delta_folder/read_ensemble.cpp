#include "core/base/error.h"
#include "core/base/whole_number.h"
#include "methods/deltas/prompt_delta.h"
#include "methods/interchange/delta_folder/delta_folder.h"

#include <map>

namespace diapason {

std::vector<std::unique_ptr<EmbeddingDelta>> read_prompt_ensemble(const std::filesystem::path& folder, Model& model) {
    const TensorFile file(folder / "delta.safetensors");
    const std::string start = model.config().stack() + ".embedding.prompt.";
    std::map<std::int64_t, const TensorEntry*> members; // by their numbers
    for (const TensorEntry& entry : file.entries()) {
        std::string number = entry.name;
        const bool named = strip_prefix(number, start) && replace_ending(number, ".weight", "");
        const auto member = named ? whole_number(number) : std::nullopt;
        if (!member || *member < 0 || entry.shape.size() != 2 || entry.shape[0] < 1 ||
            entry.shape[1] != model.config().width)
            throw input_error(file.path().string(),
                              "the tensor " + entry.name + " is not a member of a prompt ensemble, " + start +
                                  "<number>.weight [rows, " + std::to_string(model.config().width) + "]");
        members[*member] = &entry;
    }
    if (members.empty()) throw input_error(file.path().string(), "the ensemble has no members");
    std::vector<std::unique_ptr<EmbeddingDelta>> list;
    for (const auto& [number, entry] : members) {
        Parameter& rows = model.deltas().add(entry->name, read_tensor(file, *entry).to(model.device()));
        list.push_back(std::make_unique<PromptDelta>(rows, rows.value.size(0), true));
    }
    return list;
}

} // namespace diapason
