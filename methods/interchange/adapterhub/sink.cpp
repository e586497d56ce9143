#include "methods/interchange/adapterhub/sink.h"

#include "core/base/atomic_file.h"

namespace diapason::adapterhub {
namespace fs = std::filesystem;
namespace {

using Tensors = std::vector<std::pair<std::string, at::Tensor>>;

void write_tensors(const fs::path& file, const Tensors& tensors) {
    std::vector<TensorToWrite> list;
    for (const auto& [key, value] : tensors)
        list.push_back({key, "F32", value.sizes().vec(), value.const_data_ptr()});
    write_safetensors(file, std::move(list), {{"format", "pt"}});
}

at::Tensor on_host(const at::Tensor& value) {
    return value.detach().to(at::kCPU).to(at::kFloat).contiguous();
}

// What transformers calls the model that the adapter was trained in.
std::string model_class(const Model& model, HeadKind head) {
    static const std::vector<std::pair<std::string, std::string>> families = {
        {"bert", "Bert"}, {"roberta", "Roberta"}, {"gpt2", "GPT2"}, {"t5", "T5"}, {"bart", "Bart"}, {"llama", "Llama"}};
    std::string name;
    for (const auto& [family, start] : families) {
        if (model.config().family == family) name = start;
    }
    switch (head) {
    case HeadKind::sequence_classification:
        return name + "ForSequenceClassification";
    case HeadKind::token_classification:
        return name + "ForTokenClassification";
    case HeadKind::extractive_span:
        return name + "ForQuestionAnswering";
    case HeadKind::masked_lm:
        return name + "ForMaskedLM";
    case HeadKind::causal_lm:
        return name == "GPT2" ? "GPT2LMHeadModel" : name + "ForCausalLM";
    case HeadKind::seq2seq_lm:
        return name + "ForConditionalGeneration";
    case HeadKind::none:
        break;
    }
    return name + "Model";
}

} // namespace

void Sink::add(const std::string& key, const at::Tensor& value) {
    m_tensors.emplace_back(key, on_host(value));
}

Error cannot(const std::string& where, const std::string& what) {
    return config_error("deltas", where, "the AdapterHub layout cannot store " + what);
}

std::string Sink::base_path() const {
    if (m_model.config().family == "t5") return {};
    const std::string layers = family_of(m_model.config()).stacks(m_model.config()).front().layer;
    return layers.substr(0, layers.find('.') + 1);
}

std::string Sink::layer_path(std::size_t stack, std::int64_t layer) const {
    return in_layer(family_of(m_model.config()).stacks(m_model.config())[stack].layer, layer);
}

std::int64_t Sink::layer_index(std::size_t stack, std::int64_t layer) const {
    return layer + (stack == 1 ? m_model.backbone().stacks()[0].shape.layers : 0);
}

Json Sink::document() const {
    Json document;
    document["config"] = m_parts.size() == 1 ? m_parts.front() : Json{{"architecture", "union"}, {"configs", m_parts}};
    document["hidden_size"] = m_model.config().width;
    document["model_class"] = model_class(m_model, m_model.head_spec().kind);
    document["model_name"] = nullptr;
    document["model_type"] = m_model.config().family;
    document["name"] = m_name;
    document["version"] = "adapters.1.3.0";
    return document;
}

void Sink::write_head(const fs::path& folder) const {
    Tensors head;
    for (const Parameter* parameter : m_model.head().trained()) {
        if (parameter->value.requires_grad()) head.emplace_back(parameter->name, on_host(parameter->value));
    }
    if (head.empty()) return;
    Json config = document();
    config["config"] = nullptr;
    config["name"] = nullptr;
    config["num_labels"] = m_model.head_spec().labels;
    write_tensors(folder / "model_head.safetensors", head);
    write_file_atomically(folder / "head_config.json", config.dump(2) + "\n");
}

void Sink::write(const fs::path& folder) const {
    make_folders(folder);
    write_tensors(folder / "adapter.safetensors", m_tensors);
    write_file_atomically(folder / "adapter_config.json", document().dump(2) + "\n");
    write_head(folder);
}

} // namespace diapason::adapterhub
