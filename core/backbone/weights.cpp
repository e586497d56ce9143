#include "core/backbone/weights.h"

#include "core/backbone/gguf.h"
#include "core/base/error.h"
#include "core/base/words.h"

#include <set>

namespace diapason {
namespace {

constexpr std::size_t most_listed = 20; // a model of another size misses thousands

void append_list(std::string& text, const std::string& heading, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    text += "\n  " + heading + ":";
    for (std::size_t i = 0; i < lines.size() && i < most_listed; ++i)
        text += "\n    " + lines[i];
    if (lines.size() > most_listed) text += "\n    and " + std::to_string(lines.size() - most_listed) + " more";
}

bool is_floating(const std::string& dtype) {
    return dtype == "F32" || dtype == "F16" || dtype == "BF16" || dtype == "F64";
}

} // namespace

std::string shape_text(const std::vector<std::int64_t>& shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i)
        text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    return text + "]";
}

std::string MatchedWeights::dtype() const {
    std::set<std::string> types;
    for (const auto& [name, hit] : found)
        types.insert(hit.entry->dtype);
    return joined({types.begin(), types.end()});
}

// An alias that the model wants for itself is none: outputs that are not tied.
static CanonicalName as_expected(const std::string& name, const CanonicalName& known,
                                 const std::vector<ExpectedTensor>& expected) {
    const bool wanted = known.copy && std::any_of(expected.begin(), expected.end(),
                                                  [&](const ExpectedTensor& tensor) { return tensor.name == name; });
    return wanted ? CanonicalName{name, false} : known;
}

MatchedWeights match_weights(const std::filesystem::path& folder, const std::vector<ExpectedTensor>& expected,
                             CanonicalName (*canonical)(const std::string& name)) {
    MatchedWeights weights;
    weights.files = open_weights(folder);
    std::map<std::string, FoundTensor> copies;
    for (const TensorFile& file : weights.files) {
        for (const TensorEntry& entry : file.entries()) {
            const auto [name, copy] = as_expected(entry.name, canonical(entry.name), expected);
            if (name.empty()) continue;
            if (copy)
                copies.emplace(name, FoundTensor{&file, &entry});
            else if (!weights.found.emplace(name, FoundTensor{&file, &entry}).second)
                weights.repeated.push_back(entry.name + " (also " + name + ")");
        }
    }
    for (const auto& [name, hit] : copies)
        weights.found.emplace(name, hit); // only where the tensor itself is absent
    std::set<std::string> wanted;
    for (const ExpectedTensor& tensor : expected) {
        wanted.insert(tensor.name);
        const auto hit = weights.found.find(tensor.name);
        if (hit == weights.found.end()) {
            if (!tensor.optional) weights.missing.push_back(tensor.name + " " + shape_text(tensor.shape));
            continue;
        }
        const TensorEntry& entry = *hit->second.entry;
        if (entry.shape != tensor.shape)
            weights.mismatched.push_back(entry.name + ": " + shape_text(entry.shape) + " where config.json needs " +
                                         shape_text(tensor.shape));
        else if (!is_floating(entry.dtype) && !needs_float_rows(*hit->second.file, entry))
            weights.mismatched.push_back(entry.name + ": " + entry.dtype + " where F32, F16, BF16 or F64 is needed");
    }
    for (const auto& [name, hit] : weights.found) {
        if (wanted.count(name) == 0) weights.unexpected.push_back(hit.entry->name);
    }
    return weights;
}

void refuse_misfits(const MatchedWeights& weights, const std::filesystem::path& folder) {
    if (weights.fit()) return;
    std::string what = "the weights do not fit config.json";
    append_list(what, "missing", weights.missing);
    append_list(what, "wrong shape or type", weights.mismatched);
    append_list(what, "twice", weights.repeated);
    throw input_error(folder.string(), what);
}

std::vector<ExpectedTensor> importable_tensors(const BackboneConfig& config) {
    std::vector<ExpectedTensor> list = backbone_tensors(config);
    std::set<std::string> known;
    for (const ExpectedTensor& tensor : list)
        known.insert(tensor.name);
    const std::int64_t labels = config.labels > 0 ? config.labels : 2;
    for (const HeadKind kind :
         {HeadKind::none, HeadKind::sequence_classification, HeadKind::token_classification, HeadKind::extractive_span,
          HeadKind::causal_lm, HeadKind::masked_lm, HeadKind::seq2seq_lm}) {
        HeadTensors head;
        try {
            head = head_tensors(config, kind, labels);
        } catch (const Error&) {
            continue; // the family has no such head
        }
        head.pretrained.insert(head.pretrained.end(), head.trained.begin(), head.trained.end());
        for (ExpectedTensor& tensor : head.pretrained) {
            tensor.optional = true;
            if (known.insert(tensor.name).second) list.push_back(std::move(tensor));
        }
    }
    // A tied head is in the file all the same where it was saved so.
    if (const std::string language = family_of(config).heads(config).language;
        !language.empty() && known.insert(language + ".weight").second)
        list.push_back({language + ".weight", {config.vocabulary, config.width}, true});
    return list;
}

} // namespace diapason
