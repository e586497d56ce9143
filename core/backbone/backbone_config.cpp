#include "core/backbone/backbone_config.h"

#include "core/backbone/family.h"
#include "core/backbone/gguf.h"
#include "core/backbone/tensor_file.h"
#include "core/base/error.h"
#include "core/base/options.h"
#include "core/base/paths.h"
#include "core/base/remedy.h"
#include "core/base/words.h"

#include <algorithm>
#include <cstring>

namespace diapason {
namespace fs = std::filesystem;
namespace {

// What only the weights tell. A folder without them (not trained yet) has no pooler, and a head as config.json says.
void look_at_weights(const fs::path& folder, BackboneConfig& config) {
    if (!has_weights(folder)) return;
    const BackboneFamily& family = family_of(config);
    const HeadLayout heads = family.heads(config);
    const std::string words = family.stacks(config).front().words + ".weight";
    const std::vector<TensorFile> files = open_weights(folder);
    std::string_view table, output;
    for (const TensorFile& file : files) {
        for (const TensorEntry& entry : file.entries()) {
            const CanonicalName canonical = family.canonical(entry.name);
            const std::string_view bytes(reinterpret_cast<const char*>(file.data(entry)), entry.end - entry.begin);
            if (!heads.pooler.empty() && canonical.name == heads.pooler + ".weight") config.stored_pooler = true;
            if (canonical.name == words && !canonical.copy) table = bytes;
            if (!heads.language.empty() && canonical.name == heads.language + ".weight") output = bytes;
        }
    }
    // config.json may say "tied" of a file whose two tensors differ: then they are two.
    if (config.tied_head && !output.empty() && !table.empty() && output != table) config.tied_head = false;
}

} // namespace

std::vector<StackShape> BackboneConfig::stacks() const {
    StackShape first{stack(), layers, heads, kv_heads, head_width, ffn_width, causal, false};
    if (!encoder_decoder) return {first};
    StackShape second{"decoder",  decoder_layers,    decoder_heads, decoder_heads,
                      head_width, decoder_ffn_width, true,          true};
    if (positions == PositionKind::learned) second.head_width = width / decoder_heads;
    return {first, second};
}

std::pair<std::int64_t, std::int64_t> map_size(const BackboneConfig& config, const StackShape& stack,
                                               const std::string& point) {
    const std::int64_t q = stack.heads * stack.head_width;
    if (point == "q") return {config.width, q};
    if (point == "k" || point == "v") return {config.width, stack.kv_heads * stack.head_width};
    if (point == "o") return {q, config.width};
    if (point == "fc2") return {stack.ffn_width, config.width};
    return {config.width, stack.ffn_width};
}

std::int64_t BackboneConfig::parameter_count() const {
    std::int64_t count = 0;
    for (const ExpectedTensor& tensor : backbone_tensors(*this)) {
        std::int64_t size = 1;
        for (const std::int64_t n : tensor.shape)
            size *= n;
        count += size;
    }
    return count;
}

namespace {

BackboneConfig parse(const Json& document, const std::string& origin) {
    if (!document.is_object()) throw input_error(origin, "is not a JSON object");
    std::vector<Problem> problems;
    ConfigReader in(document, problems);
    BackboneConfig config;
    config.raw = document;
    config.model_type = in.text("model_type", "");
    const BackboneFamily* family = nullptr;
    for (const BackboneFamily& candidate : backbone_families()) {
        const auto& types = candidate.model_types;
        if (std::find(types.begin(), types.end(), config.model_type) != types.end()) family = &candidate;
    }
    if (family == nullptr) {
        const std::string known = joined_by(
            backbone_families(), [](const BackboneFamily& candidate) { return joined(candidate.model_types); });
        throw Error(ErrorKind::input, {"unsupported: unknown model family", origin, "model_type", config.model_type,
                                       "Choose from " + known});
    }
    config.family = family->name;
    family->read(in, config);
    if (problems.size() == 1) {
        Problem& p = problems.front();
        throw Error(ErrorKind::input, {p.what, origin, p.field.text(), p.value, p.remedy});
    }
    if (!problems.empty()) {
        std::string what = std::to_string(problems.size()) + " problems: ";
        for (Problem& p : problems) {
            p.value = in_one_line(p.value, 60);
            what += (&p == &problems.front() ? "" : "; ") + to_line(p);
        }
        throw input_error(origin, in_one_line(what, 2000));
    }
    return config;
}

constexpr const char* config_remedy = "Correct the file, or download it again";

} // namespace

BackboneConfig parse_backbone_config(const Json& document, const std::string& origin) {
    return with_remedy(config_remedy, [&] { return parse(document, origin); });
}

BackboneConfig read_backbone_config(const fs::path& folder) {
    if (const auto gguf = gguf_of(folder)) {
        const FileMapping mapping(*gguf);
        return parse_backbone_config(gguf_config(GgufHeader(mapping, gguf->string())), gguf->string());
    }
    const fs::path file = folder / "config.json";
    const Json document = with_remedy(config_remedy, [&] { return read_json(file); });
    BackboneConfig config = parse_backbone_config(document, file.string());
    look_at_weights(folder, config);
    return config;
}

} // namespace diapason
