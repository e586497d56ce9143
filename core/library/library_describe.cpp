// What `backbone show` and the window tell of a backbone.

#include "core/backbone/sites.h"
#include "core/backbone/weights.h"
#include "core/base/error.h"
#include "core/library/library.h"
#include "core/text/tokenizer.h"

#include <algorithm>
#include <cctype>
#include <map>

namespace diapason {
namespace fs = std::filesystem;
namespace {

// "bert.encoder.layer.3.output" and its like in other layers are one row: "bert.encoder.layer.#.output".
std::string without_layer(const std::string& name) {
    std::string text, part;
    for (const char c : name + ".") {
        if (c != '.') {
            part += c;
            continue;
        }
        const bool number = !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
        text += (text.empty() ? "" : ".") + (number ? "#" : part);
        part.clear();
    }
    return text;
}

Json parameter_table(const BackboneConfig& config) {
    struct Row {
        std::vector<std::int64_t> shape;
        std::int64_t count = 0, parameters = 0;
    };
    std::vector<std::string> order;
    std::map<std::string, Row> rows;
    for (const ExpectedTensor& tensor : backbone_tensors(config)) {
        const std::string name = without_layer(tensor.name);
        Row& row = rows[name];
        if (row.count++ == 0) order.push_back(name);
        row.shape = tensor.shape;
        std::int64_t size = 1;
        for (const std::int64_t n : tensor.shape)
            size *= n;
        row.parameters += size;
    }
    Json table = Json::array();
    for (const std::string& name : order) {
        const Row& row = rows[name];
        table.push_back({{"name", name}, {"shape", row.shape}, {"count", row.count}, {"parameters", row.parameters}});
    }
    return table;
}

Json sites_table(const BackboneConfig& config) {
    Json table = Json::array();
    for (const Site& site : sites_of(config)) {
        if (site.layer != 0 || !site.is_linear()) continue;
        table.push_back(
            {{"site", site.stack + ".*." + site.sublayer + "." + site.point}, {"in", site.in}, {"out", site.out}});
    }
    return table;
}

Json tokenizer_facts(const fs::path& folder) {
    for (const char* name : {"spiece.model", "tokenizer.model", "sentencepiece.bpe.model"}) {
        if (fs::exists(folder / name) && !fs::exists(folder / "tokenizer.json"))
            return {{"kind", "SentencePiece"}, {"file", name}}; // only the engine links the library
    }
    try {
        const auto tokenizer = Tokenizer::load(folder);
        Json special = Json::array();
        for (std::size_t id = 0; id < tokenizer->size() && special.size() < 12; ++id) {
            if (tokenizer->is_special(static_cast<std::int64_t>(id)))
                special.push_back(tokenizer->piece(static_cast<std::int64_t>(id)));
        }
        const bool document = fs::exists(folder / "tokenizer.json");
        return {{"kind", document                           ? "tokenizer.json"
                         : fs::exists(folder / "vocab.txt") ? "WordPiece"
                                                            : "byte-level BPE"},
                {"pieces", tokenizer->size()},
                {"special", special}};
    } catch (const Error& error) {
        return {{"error", error.what()}};
    }
}

} // namespace

Json describe_backbone(const BackboneEntry& entry) {
    const BackboneConfig config = read_backbone_config(entry.folder);
    const std::optional<BackboneRecord> record = read_record(entry.folder);
    Json facts = {{"name", entry.name},
                  {"folder", entry.folder.string()},
                  {"embedded", entry.embedded},
                  {"imported", record.has_value()},
                  {"family", config.family},
                  {"model_type", config.model_type},
                  {"parameters", config.parameter_count()},
                  {"bytes", folder_bytes(entry.folder)},
                  {"layers", config.layers},
                  {"decoder_layers", config.decoder_layers},
                  {"width", config.width},
                  {"heads", config.heads},
                  {"kv_heads", config.kv_heads},
                  {"head_width", config.head_width},
                  {"ffn_width", config.ffn_width},
                  {"gated_ffn", config.gated_ffn},
                  {"vocabulary", config.vocabulary},
                  {"positions", config.max_positions},
                  {"window", config.windows.empty() ? 0 : std::ranges::max(config.windows)}};
    if (record) {
        facts["dtype"] = record->dtype;
        facts["licence"] = record->licence;
        facts["origin"] = record->origin;
        facts["source"] = record->source;
        facts["imported_at"] = record->imported;
        facts["notes"] = record->notes;
        facts["files"] = to_json(*record)["files"];
    } else if (has_weights(entry.folder)) {
        const MatchedWeights weights =
            match_weights(entry.folder, importable_tensors(config), family_of(config).canonical);
        facts["dtype"] = weights.dtype();
    }
    facts["tokenizer"] = tokenizer_facts(entry.folder);
    facts["sites"] = sites_table(config);
    facts["tensors"] = parameter_table(config);
    return facts;
}

} // namespace diapason
