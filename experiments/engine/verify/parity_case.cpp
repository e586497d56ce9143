#include "experiments/engine/verify/parity_case.h"

#include "core/base/error.h"
#include "core/model/parameters.h"

namespace diapason {
namespace fs = std::filesystem;

const at::Tensor& ParityCase::tensor(const std::string& wanted) const {
    const auto found = tensors.find(wanted);
    if (found == tensors.end())
        throw input_error((folder / "io.safetensors").string(), "the tensor " + wanted + " is missing");
    m_read.insert(wanted);
    return found->second;
}

std::map<std::string, at::Tensor> ParityCase::tensors_under(const std::string& start) const {
    std::map<std::string, at::Tensor> found;
    for (auto item = tensors.lower_bound(start); item != tensors.end() && item->first.starts_with(start); ++item) {
        m_read.insert(item->first);
        found.emplace(item->first.substr(start.size()), item->second);
    }
    return found;
}

std::vector<std::string> ParityCase::unread() const {
    std::vector<std::string> names;
    for (const auto& [key, value] : tensors) {
        if (key.starts_with("expected.") && m_read.count(key) == 0) names.push_back(key);
    }
    return names;
}

double ParityCase::tolerance(const std::string& kind) const {
    const auto tolerances = document.find("tolerance");
    if (tolerances != document.end() && tolerances->is_object()) {
        for (const std::string& key : {kind, std::string("other")}) {
            if (tolerances->contains(key) && tolerances->at(key).is_number()) return tolerances->at(key).get<double>();
        }
    }
    throw input_error((folder / "case.json").string(), "tolerance." + kind + " is missing");
}

double ParityCase::floor(const std::string& kind) const {
    const auto floors = document.find("floor");
    if (floors != document.end() && floors->is_object() && floors->contains(kind))
        return floors->at(kind).get<double>();
    return 1;
}

namespace {

// A backbone that is not shipped with its case.
fs::path named_backbone(const Json& backbone, const fs::path& backbones, const std::string& origin) {
    const std::string name = backbone.value("name", "");
    if (name.empty() || name.find('/') != std::string::npos || name == "." || name == "..")
        throw input_error(origin, "backbone.name is missing or not a plain name");
    fs::path folder = backbones / name;
    if (backbones.empty() || !fs::is_directory(folder)) {
        throw input_error(
            origin, "missing backbone " + name + " (package " + backbone.value("package", "unknown") + ")",
            "Fetch it with tools/get-backbone, or give its parent folder with --backbones or DIAPASON_BACKBONES");
    }
    return folder;
}

} // namespace

ParityCase read_parity_case(const fs::path& folder, const fs::path& backbones) {
    ParityCase parity;
    parity.folder = folder;
    parity.name = folder.filename().string();
    const std::string origin = (folder / "case.json").string();
    parity.document = read_json(folder / "case.json");
    const auto text = [&](const char* field) {
        const auto found = parity.document.find(field);
        if (found == parity.document.end() || !found->is_string())
            throw input_error(origin, std::string(field) + " is missing or not a string");
        return found->get<std::string>();
    };
    const std::string kind = text("kind");
    parity.head = head_kind_from(text("head"));
    const bool named = parity.document.contains("backbone") && parity.document.at("backbone").is_object();
    parity.backbone =
        named ? named_backbone(parity.document.at("backbone"), backbones, origin) : folder / text("backbone");
    const TensorFile file(folder / "io.safetensors");
    for (const TensorEntry& entry : file.entries())
        parity.tensors[entry.name] = read_tensor(file, entry);
    if (kind == "train" && !parity.document.contains("train")) throw input_error(origin, "train is missing");
    return parity;
}

namespace {

// A padded integer input of a case, [B, T].
struct Columns {
    at::Tensor tensor;

    bool given() const { return tensor.defined(); }
    std::int64_t at(std::int64_t row, std::int64_t column, std::int64_t otherwise = 0) const {
        if (!given()) return otherwise;
        return tensor.const_data_ptr<std::int64_t>()[(tensor.size(0) == 1 ? 0 : row) * tensor.size(1) + column];
    }
};

Columns columns_of(const ParityCase& parity, const char* name, bool required) {
    if (!required && !parity.has(name)) return {};
    const at::Tensor& tensor = parity.tensor(name);
    if (tensor.dim() != 2 || tensor.scalar_type() != at::kLong) {
        throw input_error((parity.folder / "io.safetensors").string(),
                          std::string(name) + " is not an int64 [B, T] tensor");
    }
    return {tensor.contiguous()};
}

// The number inside its sequence, whose places are the last ones, of the token in a column.
std::int64_t token_at(const std::vector<std::pair<std::int64_t, std::int64_t>>& places, std::size_t tokens,
                      std::int64_t column, const ParityCase& parity) {
    for (std::size_t i = 0; i < tokens; ++i) {
        if (places[places.size() - tokens + i].second == column) return static_cast<std::int64_t>(i);
    }
    throw input_error((parity.folder / "io.safetensors").string(),
                      "prompt_positions names column " + std::to_string(column) + ", which contains no token");
}

void read_sequence_label(const at::Tensor& labels, std::int64_t row, Sequence& sequence) {
    const at::Tensor own = labels[row];
    if (!labels.is_floating_point()) {
        sequence.label = own.item<std::int64_t>();
        return;
    }
    const at::Tensor values = own.reshape({-1}).contiguous();
    const float* first = values.const_data_ptr<float>();
    sequence.targets.assign(first, first + values.numel());
}

} // namespace

PackedInputs pack_inputs(const ParityCase& parity, const BackboneConfig& config, at::Device device, bool soft_tokens,
                         bool with_types) {
    const Columns ids = columns_of(parity, "input_ids", true);
    const Columns mask = columns_of(parity, "attention_mask", false);
    const Columns types = with_types ? columns_of(parity, "token_type_ids", false) : Columns{};
    const Columns positions = soft_tokens ? Columns{} : columns_of(parity, "position_ids", false);
    const Columns decoder_ids = columns_of(parity, "decoder_input_ids", false);
    const Columns slots = columns_of(parity, "prompt_positions", false);
    if (types.given() && config.family == "gpt2")
        throw input_error((parity.folder / "io.safetensors").string(),
                          "unsupported: token_type_ids for GPT-2, which the library embeds as words");
    const Columns decoder_mask = columns_of(parity, "decoder_attention_mask", false);
    const bool for_tokens = parity.head == HeadKind::causal_lm || parity.head == HeadKind::masked_lm ||
                            parity.head == HeadKind::seq2seq_lm || parity.head == HeadKind::token_classification;
    const Columns labels = for_tokens ? columns_of(parity, "labels", false) : Columns{};
    const bool causal = parity.head == HeadKind::causal_lm;
    const std::int64_t columns = ids.tensor.size(1);
    PackedInputs packed;
    std::vector<Sequence> sequences;
    for (std::int64_t b = 0; b < ids.tensor.size(0); ++b) {
        Sequence sequence;
        std::int64_t seen = 0;
        for (std::int64_t t = 0; t < columns; ++t) {
            // RoBERTa counts tokens that are no padding, masked or not, and gives padding the row before the first;
            // its given positions are rows of the table.
            const bool counted = config.family == "roberta" && !soft_tokens;
            const bool pad = ids.at(b, t) == config.pad_id;
            const std::int64_t usual = !counted ? t : pad ? -1 : seen;
            seen += pad ? 0 : 1;
            if (mask.at(b, t, 1) == 0) continue;
            sequence.ids.push_back(ids.at(b, t));
            sequence.type_ids.push_back(types.at(b, t));
            sequence.positions.push_back(positions.at(b, t, usual + (counted ? config.position_offset : 0)) -
                                         (counted ? config.position_offset : 0));
            if (labels.given() && !config.encoder_decoder) {
                // A causal row predicts the next column.
                const std::int64_t column = causal ? t + 1 : t;
                sequence.labels.push_back(column < columns ? labels.at(b, column) : -100);
            }
            if (causal && labels.given() && t == 0) sequence.front_label = labels.at(b, 0);
            packed.places.emplace_back(b, t);
        }
        for (std::int64_t row = 0; slots.given() && row < slots.tensor.size(1); ++row)
            sequence.prompt_slots.push_back(token_at(packed.places, sequence.ids.size(), slots.at(b, row), parity));
        if (config.encoder_decoder) {
            if (!decoder_ids.given() && !labels.given())
                throw input_error((parity.folder / "io.safetensors").string(),
                                  "decoder_input_ids and labels are both missing");
            const std::int64_t length = (decoder_ids.given() ? decoder_ids : labels).tensor.size(1);
            for (std::int64_t t = 0; t < length; ++t) {
                if (decoder_mask.at(b, t, 1) == 0) continue;
                // Without inputs the labels move one to the right, behind the start token.
                std::int64_t id = config.decoder_start_id;
                if (decoder_ids.given())
                    id = decoder_ids.at(b, t);
                else if (t > 0)
                    id = labels.at(b, t - 1) == -100 ? config.pad_id : labels.at(b, t - 1);
                sequence.target_ids.push_back(id);
                sequence.target_positions.push_back(t);
                if (labels.given()) sequence.labels.push_back(labels.at(b, t));
                packed.target_places.emplace_back(b, t);
            }
        }
        if (!for_tokens && parity.has("labels")) read_sequence_label(parity.tensor("labels"), b, sequence);
        if (parity.has("start_positions")) {
            sequence.span_begin = parity.tensor("start_positions")[b].item<std::int64_t>();
            sequence.span_end = parity.tensor("end_positions")[b].item<std::int64_t>();
        }
        sequences.push_back(std::move(sequence));
    }
    packed.batch = PackedBatch::pack(sequences, device);
    return packed;
}

} // namespace diapason
