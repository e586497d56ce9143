#include "core/backbone/backbone_config.h"

#include "core/backbone/safetensors.h"
#include "core/base/error.h"
#include "core/base/options.h"
#include "core/base/paths.h"

#include <algorithm>
#include <map>

namespace diapason {
namespace fs = std::filesystem;
namespace {

// Reads fields of one config.json and collects what is wrong with them.
class ConfigReader {
public:
    ConfigReader(const Json& document, std::vector<Problem>& problems) : m_document(document), m_problems(problems) {}

    bool has(const char* name) const { return m_document.contains(name) && !m_document.at(name).is_null(); }

    std::int64_t size(const char* name, std::int64_t maximum, std::optional<std::int64_t> fallback = {}) {
        if (!has(name)) {
            if (fallback) return *fallback;
            m_problems.push_back({name, {}, "is missing", {}});
            return 1;
        }
        const Json& value = m_document.at(name);
        if (!value.is_number_integer() || value.get<double>() < 1 ||
            value.get<double>() > static_cast<double>(maximum)) {
            m_problems.push_back(
                {name, value.dump(), "a whole number from 1 to " + std::to_string(maximum) + " is needed", {}});
            return 1;
        }
        return value.get<std::int64_t>();
    }

    double real(const char* name, double fallback, double minimum, double maximum) {
        if (!has(name)) return fallback;
        const Json& value = m_document.at(name);
        if (!value.is_number() || !(value.get<double>() >= minimum && value.get<double>() <= maximum)) {
            m_problems.push_back(
                {name,
                 value.dump(),
                 "a number from " + Json(minimum).dump() + " to " + Json(maximum).dump() + " is needed",
                 {}});
            return fallback;
        }
        return value.get<double>();
    }

    bool flag(const char* name, bool fallback) {
        if (!has(name)) return fallback;
        if (m_document.at(name).is_boolean()) return m_document.at(name).get<bool>();
        m_problems.push_back({name, m_document.at(name).dump(), "true or false is needed", {}});
        return fallback;
    }

    std::string text(const char* name, const std::string& fallback) {
        if (!has(name)) return fallback;
        if (m_document.at(name).is_string()) return m_document.at(name).get<std::string>();
        m_problems.push_back({name, m_document.at(name).dump(), "a text is needed", {}});
        return fallback;
    }

    // Token ids; lists (several end tokens) give their first entry.
    std::int64_t token(const char* name) {
        if (!has(name)) return -1;
        const Json& value = m_document.at(name);
        const Json& first = value.is_array() && !value.empty() ? value.front() : value;
        if (first.is_number_integer()) return first.get<std::int64_t>();
        m_problems.push_back({name, value.dump(), "a token id is needed", {}});
        return -1;
    }

    void problem(Problem p) { m_problems.push_back(std::move(p)); }
    const Json& document() const { return m_document; }

private:
    const Json& m_document;
    std::vector<Problem>& m_problems;
};

constexpr std::int64_t max_layers = 1000;
constexpr std::int64_t max_width = 65536;
constexpr std::int64_t max_vocabulary = 4'000'000;
constexpr std::int64_t max_position_count = 16'777'216;

Activation read_activation(ConfigReader& in, const std::string& fallback) {
    static const std::map<std::string, Activation> known = {{"gelu", Activation::gelu},
                                                            {"gelu_new", Activation::gelu_tanh},
                                                            {"gelu_pytorch_tanh", Activation::gelu_tanh},
                                                            {"gelu_fast", Activation::gelu_tanh},
                                                            {"relu", Activation::relu},
                                                            {"silu", Activation::silu},
                                                            {"swish", Activation::silu}};
    const std::string name = in.text("hidden_act", fallback);
    const auto found = known.find(name);
    if (found != known.end()) return found->second;
    in.problem({"hidden_act", name, "this activation is not known", {}});
    return Activation::gelu;
}

void read_common(ConfigReader& in, BackboneConfig& c) {
    c.layers = in.size("num_hidden_layers", max_layers);
    c.width = in.size("hidden_size", max_width);
    c.heads = in.size("num_attention_heads", 4096);
    c.kv_heads = in.size("num_key_value_heads", 4096, c.heads);
    c.ffn_width = in.size("intermediate_size", 16 * max_width);
    c.vocabulary = in.size("vocab_size", max_vocabulary);
    c.initializer_range = in.real("initializer_range", 0.02, 0, 10);
    c.pad_id = in.token("pad_token_id");
    c.bos_id = in.token("bos_token_id");
    c.eos_id = in.token("eos_token_id");
    c.problem_type = in.text("problem_type", "");
    if (in.has("id2label") && in.document().at("id2label").is_object()) {
        c.labels = static_cast<std::int64_t>(in.document().at("id2label").size());
    }
    c.labels = in.size("num_labels", 1'000'000, c.labels == 0 ? std::int64_t{0} : c.labels);
    c.head_width = in.size("head_dim", max_width, std::max<std::int64_t>(1, c.width / c.heads));
    if (!in.has("head_dim") && c.width % c.heads != 0) {
        in.problem({"num_attention_heads",
                    std::to_string(c.heads),
                    "does not divide hidden_size " + std::to_string(c.width),
                    {}});
    }
    if (c.heads % c.kv_heads != 0) {
        in.problem({"num_key_value_heads",
                    std::to_string(c.kv_heads),
                    "does not divide num_attention_heads " + std::to_string(c.heads),
                    {}});
    }
}

void read_bert(ConfigReader& in, BackboneConfig& c) {
    read_common(in, c);
    c.kv_heads = c.heads;
    c.max_positions = in.size("max_position_embeddings", max_position_count, 512);
    c.type_vocabulary = in.size("type_vocab_size", 65536, 2);
    c.activation = read_activation(in, "gelu");
    c.norm_eps = in.real("layer_norm_eps", 1e-12, 0, 1);
    c.hidden_dropout = in.real("hidden_dropout_prob", 0.1, 0, 1);
    c.attention_dropout = in.real("attention_probs_dropout_prob", 0.1, 0, 1);
    c.tied_head = in.flag("tie_word_embeddings", true);
    const std::string positions = in.text("position_embedding_type", "absolute");
    if (positions != "absolute")
        in.problem({"position_embedding_type", positions, "only absolute positions are supported", {}});
}

void read_llama(ConfigReader& in, BackboneConfig& c) {
    read_common(in, c);
    c.max_positions = in.size("max_position_embeddings", max_position_count, 2048);
    c.activation = read_activation(in, "silu");
    c.norm = NormKind::rms_norm;
    c.norm_eps = in.real("rms_norm_eps", 1e-6, 0, 1);
    c.attention_dropout = in.real("attention_dropout", 0.0, 0, 1);
    c.pre_norm = c.gated_ffn = c.causal = true;
    c.tied_head = in.flag("tie_word_embeddings", false);
    // Qwen2 has biases on q, k and v only and no field that says so.
    const bool qwen2 = c.model_type == "qwen2";
    c.qkv_bias = qwen2 || in.flag("attention_bias", false);
    c.output_bias = !qwen2 && in.flag("attention_bias", false);
    c.ffn_bias = in.flag("mlp_bias", false);
    // Two spellings: rope_parameters {rope_type, rope_theta, …}, or rope_theta beside rope_scaling {type | rope_type,
    // …}.
    c.rope_theta = in.real("rope_theta", 10000.0, 1, 1e12);
    c.rope_scaling = nullptr;
    for (const char* field : {"rope_parameters", "rope_scaling"}) {
        if (!in.has(field)) continue;
        const Json& rope = in.document().at(field);
        if (!rope.is_object()) {
            in.problem({field, rope.dump(), "an object is needed", {}});
            continue;
        }
        if (rope.contains("rope_theta") && rope.at("rope_theta").is_number())
            c.rope_theta = rope.at("rope_theta").get<double>();
        c.rope_scaling = rope;
        break;
    }
    if (in.flag("use_sliding_window", false))
        in.problem({"use_sliding_window", "true", "sliding windows are not supported", {}});
}

struct Family {
    const char* name;
    std::vector<std::string> model_types;
    void (*read)(ConfigReader&, BackboneConfig&);
};

const std::vector<Family>& families() {
    static const std::vector<Family> list = {{"bert", {"bert"}, read_bert},
                                             {"llama", {"llama", "mistral", "qwen2", "smollm"}, read_llama}};
    return list;
}

} // namespace

std::int64_t BackboneConfig::parameter_count() const {
    const std::int64_t q = heads * head_width;
    const std::int64_t kv = kv_heads * head_width;
    const std::int64_t norm_size = norm == NormKind::layer_norm ? 2 * width : width;
    std::int64_t layer = width * (q + 2 * kv) + q * width + (gated_ffn ? 3 : 2) * width * ffn_width + 2 * norm_size;
    if (qkv_bias) layer += q + 2 * kv;
    if (output_bias) layer += width;
    if (ffn_bias) layer += (gated_ffn ? 2 : 1) * ffn_width + width;
    std::int64_t embeddings = vocabulary * width + type_vocabulary * width;
    if (family == "bert") embeddings += max_positions * width;
    return embeddings + layers * layer + norm_size; // BERT: embedding norm; Llama: final norm
}

BackboneConfig parse_backbone_config(const Json& document, const std::string& origin) {
    if (!document.is_object()) throw input_error(origin, "is not a JSON object");
    std::vector<Problem> problems;
    ConfigReader in(document, problems);
    BackboneConfig config;
    config.raw = document;
    config.model_type = in.text("model_type", "");
    const Family* family = nullptr;
    for (const Family& candidate : families()) {
        const auto& types = candidate.model_types;
        if (std::find(types.begin(), types.end(), config.model_type) != types.end()) family = &candidate;
    }
    if (family == nullptr) {
        std::string known;
        for (const Family& candidate : families()) {
            for (const std::string& type : candidate.model_types)
                known += (known.empty() ? "" : ", ") + type;
        }
        throw Error(ErrorKind::input, {"unsupported: this family of backbones is not known", origin, "model_type",
                                       config.model_type, "Known are " + known});
    }
    config.family = family->name;
    family->read(in, config);
    if (!problems.empty()) {
        std::string what = problems.size() == 1 ? "1 problem" : std::to_string(problems.size()) + " problems";
        for (const Problem& p : problems)
            what += "\n  " + to_line(p);
        throw input_error(origin, what);
    }
    return config;
}

BackboneConfig read_backbone_config(const fs::path& folder) {
    const fs::path file = folder / "config.json";
    BackboneConfig config = parse_backbone_config(read_json(file), file.string());
    // Whether a pooler comes along decides what belongs to the head; a folder without weights (not trained yet) has
    // none.
    if (fs::exists(folder / "model.safetensors") || fs::exists(folder / "model.safetensors.index.json")) {
        for (const SafetensorsFile& weights : open_weights(folder)) {
            for (const char* name : {"bert.pooler.dense.weight", "pooler.dense.weight"}) {
                config.stored_pooler = config.stored_pooler || weights.find(name) != nullptr;
            }
        }
    }
    return config;
}

std::vector<std::string> backbone_families() {
    std::vector<std::string> names;
    for (const Family& family : families())
        names.emplace_back(family.name);
    return names;
}

std::vector<BackboneEntry> list_backbones() {
    std::vector<BackboneEntry> entries;
    const auto add = [&](const fs::path& folder, bool embedded) {
        std::error_code error;
        std::vector<BackboneEntry> found;
        for (const auto& item : fs::directory_iterator(folder, error)) {
            if (fs::exists(item.path() / "config.json"))
                found.push_back({item.path().filename().string(), item.path(), embedded});
        }
        std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
        entries.insert(entries.end(), found.begin(), found.end());
    };
    add(resource_folder() / "backbones", true);
    add(home_folder() / "backbones", false);
    return entries;
}

fs::path resolve_backbone(const std::string& name_or_path) {
    std::vector<std::string> names;
    for (const BackboneEntry& entry : list_backbones()) {
        if (entry.name == name_or_path) return entry.folder;
        names.push_back(entry.name);
    }
    if (fs::exists(fs::path(name_or_path) / "config.json")) return name_or_path;
    const std::string near = nearest_name(name_or_path, names);
    throw config_error("backbone", name_or_path,
                       "there is no such backbone, and no folder of this name with a config.json",
                       near.empty() ? "" : "Did you mean " + near + "?");
}

} // namespace diapason
