#include "core/base/error.h"
#include "methods/deltas/table_delta.h"
#include "methods/interchange/peft/readers.h"

#include <ATen/ops/equal.h>

#include <algorithm>

namespace diapason::peft {
namespace {

// The numbers of a module's trained rows: one list for the input embedding, or lists by the end of a module's path.
std::vector<std::int64_t> numbers_of(const Source& source, const std::string& module, std::int64_t count) {
    const char* name =
        source.settings().text("peft_type") == "TRAINABLE_TOKENS" ? "token_indices" : "trainable_token_indices";
    const Json& field = source.settings().field(name);
    const auto wrong = [&](const std::string& what) { return source.settings().error(name, what); };
    const Json* list = &field;
    if (field.is_object()) {
        list = nullptr;
        for (const auto& [key, value] : field.items()) {
            if (module == key || module.ends_with("." + key)) list = &value;
        }
        if (list == nullptr) throw wrong("has no list for " + module);
    }
    if (!list->is_array() ||
        !std::all_of(list->begin(), list->end(), [](const Json& n) { return n.is_number_integer(); }))
        throw wrong("must be a list of whole numbers");
    auto numbers = list->get<std::vector<std::int64_t>>();
    if (std::any_of(numbers.begin(), numbers.end(), [&](std::int64_t n) { return n < 0 || n >= count; }))
        throw wrong("contains a number beyond the vocabulary");
    std::vector<std::int64_t> sorted = numbers;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) throw wrong("contains a number twice");
    return numbers;
}

std::string tokens_module(const TensorEntry& entry) {
    std::string module = without_wrapper(entry.name);
    replace_ending(module, tokens_ending, "");
    replace_ending(module, ".token_adapter", "");
    return module;
}

// What a module's rows belong to.
struct RowsOf {
    bool input = false;  ///< the tokens' embedding
    bool output = false; ///< an output that shares it
    bool words() const { return input || output; }
};

RowsOf rows_of(const Source& source, const std::string& module) {
    Model& model = source.model();
    const Parameter& words = model.backbone().word_embedding();
    RowsOf of{family_of(model.config()).canonical(module + ".weight").name == words.name, false};
    for (const auto& [name, linear] : model.head().linears())
        of.output = of.output || (name == module && linear->weight == &words);
    return of;
}

} // namespace

// The embedding's rows are trained wherever its weight is read: by both stacks, and by a tied output. The file may hold
// them under each of these names; where it trains other rows of one of them, they part.
void read_trained_tokens(Source& source, const TensorEntry& entry) {
    const std::string module = tokens_module(entry);
    Model& model = source.model();
    const Parameter& words = model.backbone().word_embedding();
    const RowsOf of = rows_of(source, module);
    const std::vector<std::int64_t> numbers = numbers_of(source, module, words.value.size(0));
    const std::vector<std::int64_t> shape = {std::ssize(numbers), words.value.size(1)};
    if (entry.shape != shape)
        throw source.error("the tensor " + entry.name + " does not contain " + std::to_string(shape[0]) +
                           " vectors of " + std::to_string(shape[1]));
    bool alone = false;
    for (const TensorEntry& other : source.file().entries()) {
        if (!of.words() || &other == &entry || !other.name.ends_with(tokens_ending)) continue;
        const std::string twin = tokens_module(other);
        if (!rows_of(source, twin).words()) continue;
        const bool same = numbers_of(source, twin, words.value.size(0)) == numbers &&
                          at::equal(source.read(other), source.read(entry));
        auto& parameters = source.adapter().parameters;
        if (const auto known = parameters.find(other.name); same && known != parameters.end()) {
            parameters[entry.name] = known->second;
            return;
        }
        alone = alone || !same;
    }
    Parameter& rows = source.add(module + ".trained_tokens", entry);
    const bool everywhere = of.words() && !alone;
    bool used = false;
    for (const auto& [name, linear] : model.head().linears()) {
        if (name != module && !(everywhere && linear->weight == &words)) continue;
        linear->deltas.push_back(std::make_unique<TrainedOutputs>(rows, numbers, *linear));
        used = true;
    }
    for (const NamedTable& item : model.backbone().tables()) {
        if (item.table->weight != &words || !(everywhere || of.input)) continue;
        item.table->deltas.push_back(std::make_unique<TrainedRows>(rows, numbers, words.value.size(0)));
        used = true;
    }
    if (!used)
        throw source.error("unsupported: the adapter trains rows of " + module +
                           ", which is neither the tokens' embedding nor an output over them");
}

void read_others(Source& source, const std::vector<const TensorEntry*>& entries) {
    for (const TensorEntry* entry : entries) {
        if (!entry->name.ends_with(tokens_ending)) read_other(source, *entry);
    }
    for (const TensorEntry* entry : entries) {
        if (entry->name.ends_with(tokens_ending)) read_trained_tokens(source, *entry);
    }
}

void read_tokens(Source& source) {
    source.check_fields({"init_weights", "target_modules", "token_indices"}, {});
    std::vector<const TensorEntry*> entries;
    for (const TensorEntry& entry : source.file().entries())
        entries.push_back(&entry);
    read_others(source, entries);
}

} // namespace diapason::peft
