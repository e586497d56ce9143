#include "core/base/error.h"
#include "methods/peft/source.h"
#include "methods/table_delta.h"

#include <algorithm>

namespace diapason::peft {
namespace {

// The numbers of a module's trained rows: one list for the input embedding, or lists by the end of a module's path.
std::vector<std::int64_t> numbers_of(const Source& source, const std::string& module, std::int64_t count) {
    const Json& field = source.field("trainable_token_indices");
    const auto wrong = [&](const char* what) {
        return source.config_error("trainable_token_indices", field.dump(), what);
    };
    const Json* list = &field;
    if (field.is_object()) {
        list = nullptr;
        for (const auto& [key, value] : field.items()) {
            if (module == key || module.ends_with("." + key)) list = &value;
        }
        if (list == nullptr) throw wrong(("has no list for " + module).c_str());
    }
    if (!list->is_array() ||
        !std::all_of(list->begin(), list->end(), [](const Json& n) { return n.is_number_integer(); }))
        throw wrong("is no list of whole numbers");
    auto numbers = list->get<std::vector<std::int64_t>>();
    if (std::any_of(numbers.begin(), numbers.end(), [&](std::int64_t n) { return n < 0 || n >= count; }))
        throw wrong("has a number beyond the vocabulary");
    std::vector<std::int64_t> sorted = numbers;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) throw wrong("has a number twice");
    return numbers;
}

} // namespace

// The input embedding's rows are trained wherever its weight is read: by both stacks, and by a tied output.
void read_trained_tokens(Source& source, const TensorEntry& entry) {
    std::string module = without_wrapper(entry.name);
    replace_ending(module, tokens_ending, "");
    Model& model = source.model();
    const Parameter& words = model.backbone().word_embedding();
    const bool of_input = family_of(model.config()).canonical(module + ".weight").name == words.name;
    const std::vector<std::int64_t> numbers = numbers_of(source, module, words.value.size(0));
    const std::vector<std::int64_t> shape = {std::ssize(numbers), words.value.size(1)};
    if (entry.shape != shape)
        throw source.error("the tensor " + entry.name + " does not hold " + std::to_string(shape[0]) + " vectors of " +
                           std::to_string(shape[1]));
    Parameter& rows = source.add(module + ".trained_tokens", entry);
    bool used = false;
    for (const auto& [name, linear] : model.head().linears()) {
        const bool tied = linear->weight == &words;
        if (name != module && !(tied && of_input)) continue;
        linear->deltas.push_back(std::make_unique<TrainedOutputs>(rows, numbers, *linear));
        used = true;
    }
    for (const NamedTable& item : model.backbone().tables()) {
        if (item.table->weight != &words || !of_input) continue;
        item.table->deltas.push_back(std::make_unique<TrainedRows>(rows, numbers, words.value.size(0)));
        used = true;
    }
    if (!used)
        throw source.error("unsupported: the adapter trains rows of " + module +
                           ", which is neither the tokens' embedding nor an output over them");
}

} // namespace diapason::peft
